import pytest
from graphql import parse

from functions.runtime.errors import InvalidRequestError
from gateway.costs import price, refuse_excess

CYCLE = "{...a} fragment a on Query{viewer{id} ...b} fragment b on Query{...a}"


@pytest.mark.parametrize(
    ("query", "reads", "asks"),
    [
        pytest.param("{viewer{id}}", 1, 0, id="the least"),
        pytest.param("{a:viewer{id} b:viewer{id}}", 3, 0, id="each alias"),
        pytest.param('{guild(id:"1"){statistics{documents}}}', 1, 0, id="no rows to speak of"),
        pytest.param("{guild{documents{nodes{id}}}}", 2, 0, id="the usual fifty"),
        pytest.param("{guild{documents(first:100){nodes{id}}}}", 3, 0, id="a hundred"),
        pytest.param(
            "{guild{documents(first:100){nodes{passages{text}}}}}", 103, 0, id="a page of pages"
        ),
        pytest.param("{guild{documents(first:$n){nodes{id}}}}", 3, 0, id="a variable: 100"),
        pytest.param("{guild{documents(first:$missing){nodes{id}}}}", 3, 0, id="no value: 100"),
        pytest.param("{guild{documents(first:-5){nodes{id}}}}", 1, 0, id="less than nothing"),
        pytest.param("{guild{documents(first:999999999){nodes{id}}}}", 3, 0, id="at most a page"),
        pytest.param(
            "query{guild{...f}} fragment f on Guild{documents{nodes{id}}}", 2, 0, id="in a fragment"
        ),
        pytest.param("mutation{ask{id}}", 1, 1, id="a question"),
        pytest.param("mutation{a:ask{id} b:ask{id}}", 3, 2, id="two questions"),
        pytest.param(
            "mutation{...f ... on Mutation{ask{id}}} fragment f on Mutation{ask{id}}",
            1,
            2,
            id="hidden questions",
        ),
    ],
)
def test_a_read_costs_by_its_rows_and_a_question_by_itself(
    query: str, reads: int, asks: int
) -> None:
    cost = price(parse(query), name=None, variables={"n": 100})
    assert (cost.reads, cost.asks) == (reads, asks)


def test_what_has_documents_read_costs_what_sending_them_would() -> None:
    changes = "mutation{a:addAddress{id} b:addAddress{id} retryDocument{id}}"
    assert price(parse(changes), name=None, variables={}).uploads == 3
    assert price(parse("mutation{deleteDocument}"), name=None, variables={}).uploads == 0


def test_only_the_operation_that_runs_is_charged() -> None:
    document = parse("query a{viewer{id}} mutation b{ask{id}}")
    assert price(document, name="a", variables={}).asks == 0
    assert price(document, name="b", variables={}).asks == 1


def test_excess_hides_in_no_operation_of_a_document() -> None:
    deep = "{a" * 11 + "}" * 11
    for query in (f"query a{deep} query b{{c}}", f"query a{{c}} query b{deep}"):
        with pytest.raises(InvalidRequestError, match="10 levels"):
            refuse_excess(parse(query))


def test_a_fragment_within_itself_is_left_to_validation() -> None:
    refuse_excess(parse(CYCLE))
