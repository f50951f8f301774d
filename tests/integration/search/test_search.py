"""Search over real tables: exact BM25, the guild's own current passages, and honest refusals."""

from collections import Counter
from math import log
from typing import Any

import pytest
from sqlalchemy import text

from db.session import Database
from functions.runtime.embedder.protocol import EmbeddingModel
from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.lexical import terms
from functions.search import dense
from tests.integration.search.conftest import FACTS, Searcher


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("Which animal is the largest?", 0),
        ("When was the Eiffel Tower finished?", 2),
        ("How do I reset my password?", 4),
        ("Wann fahren die Verkehrsbetriebe?", 5),
        ("大熊猫吃什么？", 6),
    ],
)
async def test_the_passage_that_answers_comes_first(
    searcher: Searcher, facts: int, query: str, answer: int
) -> None:
    found = await searcher.find(facts, query)
    assert found.passages[0].text == FACTS[answer]
    assert found.passages[0].score == max(passage.score for passage in found.passages)


async def test_a_question_in_another_language_finds_its_answer(
    searcher: Searcher, facts: int, model: EmbeddingModel
) -> None:
    if isinstance(model, HashEmbedder):
        pytest.skip("only the real embedding model knows several languages")
    found = await searcher.find(facts, "Wie setze ich mein Kennwort zurück?")
    assert found.passages[0].text == FACTS[4]


async def test_a_follow_up_finds_what_the_conversation_is_about(
    searcher: Searcher, facts: int
) -> None:
    turns = ["Hello!", "When was the Eiffel Tower in Paris finished?"]
    found = await searcher.find(facts, "And where does it stand?", turns=turns)
    assert found.passages[0].text == FACTS[2]
    another = await searcher.find(
        facts, "Where do I reset my password under Settings?", turns=turns
    )
    assert another.passages[0].text == FACTS[4]


async def test_filters_leave_only_what_they_name(
    searcher: Searcher, knowledge: Any, facts: int, database: Database
) -> None:
    page = await knowledge.add(
        facts, "https://tower.example/history", ["The tower was painted in 1968."]
    )
    async with database.guild(facts) as session:
        await session.execute(
            text(
                "UPDATE documents SET origin = 'url', updated_at = '2020-05-05',"
                " tags = '{history, paint}' WHERE id = :id"
            ),
            {"id": page},
        )

    async def found(**filters: Any) -> set[str]:
        answer = await searcher.find(facts, "When was the tower painted?", k=50, filters=filters)
        return {passage.title for passage in answer.passages}

    url = {"https://tower.example/history"}
    everything = await found()
    assert len(everything) == len(FACTS) + 1
    assert await found(documents=[str(page)]) == url
    assert await found(origins=["url", "message"]) == url
    assert await found(tags=["paint", "billing"]) == url
    assert await found(tags=["billing"]) == set()
    assert await found(sources=["https://tower.example/"]) == url
    assert await found(sources=["https://tower.example/", "fact-"]) == everything
    assert await found(updated_before="2020-05-06T00:00:00Z") == url
    assert await found(updated_from="2020-05-06T00:00:00+02:00") == everything - url
    assert await found(updated_from="2020-05-05T00:00:00Z", origins=["upload"]) == everything - url
    assert await found(documents=[str(page)], origins=["upload"]) == set()


async def test_filters_hold_where_the_index_is_walked(
    searcher: Searcher, knowledge: Any, facts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "MOST_COMPARED_EXACTLY", 0)
    page = await knowledge.add(facts, "tower.txt", ["The tower was painted in 1968."])
    answer = await searcher.find(
        facts, "Which animal is the largest?", k=50, filters={"documents": [str(page)]}
    )
    assert [passage.title for passage in answer.passages] == ["tower.txt"]


async def test_neighbours_come_with_a_passage_and_rank_nothing(
    searcher: Searcher, knowledge: Any, guild_id: int
) -> None:
    lines = ["The gate opens.", "The tower was finished in 1889.", "Then it was painted.", "End."]
    await knowledge.add(guild_id, "tower.txt", lines)
    await knowledge.add(guild_id, "other.txt", ["Nobody was there."])
    query = "When was the tower finished in 1889?"
    alone = await searcher.find(guild_id, query)
    joined = await searcher.find(guild_id, query, neighbours=2)
    first = joined.passages[0]
    assert first.text == lines[1]
    assert (first.before, first.after) == (lines[0], f"{lines[2]}\n\n{lines[3]}")
    assert [passage.text for passage in joined.passages] == [
        passage.text for passage in alone.passages
    ]
    assert {passage.before + passage.after for passage in alone.passages} == {""}


async def test_bm25_equals_the_textbook(searcher: Searcher, facts: int) -> None:
    query = "the largest bot settings 1889"
    counted = [Counter(terms(fact)) for fact in FACTS]
    mean = sum(count.total() for count in counted) / len(counted)

    def score(passage: Counter[str]) -> float:
        total = 0.0
        for term in set(terms(query)):
            holding = sum(term in other for other in counted)
            idf = log(1 + (len(counted) - holding + 0.5) / (holding + 0.5))
            length = 1.2 * (0.25 + 0.75 * passage.total() / mean)
            total += idf * passage[term] * 2.2 / (passage[term] + length)
        return total

    found = await searcher.find(facts, query, k=50)
    assert len(found.passages) == len(FACTS)
    for passage in found.passages:
        expected = score(counted[FACTS.index(passage.text)])
        assert passage.bm25 == pytest.approx(expected, rel=1e-6), passage.text


async def test_no_other_guild_is_ever_seen(
    searcher: Searcher, knowledge: Any, facts: int, other_guild_id: int
) -> None:
    await knowledge.add(other_guild_id, "secret.txt", ["The largest animal is a secret."])
    found = await searcher.find(facts, "largest animal secret", k=50)
    assert {passage.text for passage in found.passages} == set(FACTS)
    there = await searcher.find(other_guild_id, "largest animal", k=50)
    assert [passage.title for passage in there.passages] == ["secret.txt"]


async def test_statistics_are_the_guilds_own(
    searcher: Searcher, knowledge: Any, facts: int, other_guild_id: int
) -> None:
    before = await searcher.find(facts, "largest animal", k=50)
    await knowledge.add(other_guild_id, "a.txt", ["largest animal"] * 3)
    after = await searcher.find(facts, "largest animal", k=50)
    assert [passage.bm25 for passage in before.passages] == [
        passage.bm25 for passage in after.passages
    ]


async def test_only_the_current_version_answers(
    searcher: Searcher, knowledge: Any, guild_id: int
) -> None:
    document = await knowledge.add(guild_id, "rules.txt", ["Quiet hours begin at nine."])
    await knowledge.add(
        guild_id, "rules.txt", ["Quiet hours begin at ten."], document=document, number=2
    )
    await knowledge.add(guild_id, "draft.txt", ["Quiet hours begin at six."], current=False)
    found = await searcher.find(guild_id, "When do quiet hours begin?", k=50)
    assert [passage.text for passage in found.passages] == ["Quiet hours begin at ten."]
    single = await searcher.find(guild_id, "quiet", k=50)
    assert single.passages[0].bm25 == pytest.approx(found_alone(), rel=1e-6)


def found_alone() -> float:
    """BM25 of a word in the only passage there is: other versions are not counted."""
    idf = log(1 + 0.5 / 1.5)
    return idf * 2.2 / (1 + 1.2)


async def test_the_index_finds_what_comparing_all_finds(
    searcher: Searcher, facts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = await searcher.find(facts, "When was the Eiffel Tower finished?", k=5)
    monkeypatch.setattr(dense, "MOST_COMPARED_EXACTLY", 0)
    indexed = await searcher.find(facts, "When was the Eiffel Tower finished?", k=5)
    assert [passage.chunk_id for passage in exact.passages] == [
        passage.chunk_id for passage in indexed.passages
    ]


async def test_one_document_gives_three_passages_at_most(
    searcher: Searcher, knowledge: Any, guild_id: int
) -> None:
    many = [f"The harbour opens at {hour} in the morning." for hour in range(1, 8)]
    await knowledge.add(guild_id, "harbour.txt", many)
    await knowledge.add(guild_id, "lake.txt", ["The lake opens later."])
    found = await searcher.find(guild_id, "When does the harbour open?", k=50)
    assert Counter(p.title for p in found.passages) == {"harbour.txt": 3, "lake.txt": 1}


async def test_a_question_is_stemmed_as_its_document_is(
    searcher: Searcher, knowledge: Any, guild_id: int
) -> None:
    await knowledge.add(guild_id, "haus.txt", ["Altes Haus."], language="de")
    await knowledge.add(guild_id, "baum.txt", ["Junger Baum."], language="de")
    await knowledge.add(guild_id, "house.txt", ["Old house."], language="en")
    # Taken for English when alone: a single word tells nothing.
    found = await searcher.find(guild_id, "Häuser")
    words = {passage.title: passage.bm25 or 0 for passage in found.passages}
    assert words["haus.txt"] > 0
    assert words["baum.txt"] == words["house.txt"] == 0
    found = await searcher.find(guild_id, "houses Haus")
    words = {passage.title: passage.bm25 or 0 for passage in found.passages}
    assert words["haus.txt"] > 0 < words["house.txt"]


async def test_documents_whose_language_nothing_told_are_found_as_well(
    searcher: Searcher, knowledge: Any, guild_id: int
) -> None:
    await knowledge.add(guild_id, "mixed.txt", ["The libraries of the city."])
    await knowledge.add(guild_id, "haus.txt", ["Altes Haus."], language="de")
    found = await searcher.find(guild_id, "Where is the library of the city?")
    assert found.passages[0].title == "mixed.txt"
    assert (found.passages[0].bm25 or 0) > 0


async def test_a_passage_says_where_it_stands(
    searcher: Searcher, knowledge: Any, guild_id: int
) -> None:
    guide = await knowledge.add(
        guild_id, "guide.md", ["Feed the cat."], title="Pets", path=["Pets", "Cats"]
    )
    await knowledge.add(guild_id, "birds.pdf", ["Feed the bird."], page=7, url="https://b.example/")
    found = await searcher.find(guild_id, "feed cat")
    cat, bird = found.passages
    assert (cat.title, cat.location) == ("Pets", "guide.md › Cats")
    assert cat.url == f"https://lore.example/documents/{guide}?passage=0&guild={guild_id}"
    assert (bird.title, bird.location) == ("birds.pdf", "page 7")
    assert bird.url == "https://b.example/"


async def test_highlights_mark_the_sentence_that_answers(
    searcher: Searcher, knowledge: Any, guild_id: int
) -> None:
    passage = "The town is old. Its museum opens at nine. Trees line the river."
    await knowledge.add(guild_id, "town.txt", [passage])
    found = await searcher.find(guild_id, "When does the museum open?", highlights=True)
    best = max(found.passages[0].highlights, key=lambda mark: mark.score)
    assert passage[best.start : best.end] == "Its museum opens at nine."
    assert len(found.passages[0].highlights) == 3
    assert {"embed", "lexical", "dense", "fetch", "highlights", "total"} <= set(found.timings_ms)


async def test_an_answer_is_more_likely_where_there_is_one(searcher: Searcher, facts: int) -> None:
    answered = await searcher.find(facts, "When was the Eiffel Tower in Paris finished?")
    foreign = await searcher.find(facts, "Who won the chess championship in Reykjavik?")
    assert answered.evidence > foreign.evidence


async def test_an_empty_guild_has_no_evidence(searcher: Searcher, guild_id: int) -> None:
    found = await searcher.find(guild_id, "Anything?", highlights=True)
    assert (found.passages, found.evidence) == ([], 0.0)


@pytest.mark.parametrize(
    ("body", "remark"),
    [
        ({}, "nothing"),
        ({"guild_id": 1}, "no query"),
        ({"guild_id": 1, "query": ""}, "empty query"),
        ({"guild_id": 1, "query": "  \n "}, "blank query"),
        ({"guild_id": 1, "query": "x" * 4001}, "long query"),
        ({"guild_id": 0, "query": "x"}, "guild zero"),
        ({"guild_id": 2**63, "query": "x"}, "guild beyond bigint"),
        ({"guild_id": "1", "query": "x"}, "guild as text"),
        ({"guild_id": 1, "query": "x", "k": 0}, "k too small"),
        ({"guild_id": 1, "query": "x", "k": 51}, "k too large"),
        ({"guild_id": 1, "query": "x", "limit": 5}, "unknown word"),
        ({"guild_id": 1, "query": "x", "turns": ["y"] * 21}, "too many turns"),
        ({"guild_id": 1, "query": "x", "neighbours": 4}, "too many neighbours"),
        ({"guild_id": 1, "query": "x", "filters": {"documents": ["7"]}}, "no document's id"),
        ({"guild_id": 1, "query": "x", "filters": {"colours": []}}, "unknown filter"),
        (
            {"guild_id": 1, "query": "x", "filters": {"updated_from": "2020-05-05T00:00:00"}},
            "a time without a zone",
        ),
        ({"guild_id": 1, "query": "x", "turns": [""]}, "an empty turn"),
        ({"guild_id": 1, "query": "x", "turns": ["y" * 4001]}, "a long turn"),
    ],
)
async def test_a_request_that_is_not_understood_is_refused_in_a_sentence(
    searcher: Searcher, body: dict[str, Any], remark: str
) -> None:
    response = await searcher.post(**body)
    assert response.status_code == 400, remark
    assert len(response.json()["error"]["message"]) > 20


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"null"])
async def test_a_body_that_is_no_json_object_is_refused(searcher: Searcher, body: bytes) -> None:
    assert (await searcher.caller.post("/search", content=body)).status_code == 400


@pytest.mark.parametrize(
    "query", ["???", "\0", "'; DROP TABLE chunks; --", "%s :terms {}", "😀", "a" * 4000]
)
async def test_a_strange_query_is_answered(searcher: Searcher, facts: int, query: str) -> None:
    response = await searcher.post(guild_id=facts, query=query)
    assert response.status_code in {200, 400}


TABLES = ("chunks", "segments", "segment_versions", "postings", "embeddings", "documents")


async def test_without_the_where_clause_no_foreign_row_is_seen(
    database: Database, knowledge: Any, guild_id: int, other_guild_id: int
) -> None:
    await knowledge.add(other_guild_id, "secret.txt", ["A secret."])
    async with database.guild(guild_id) as session:
        for table in TABLES:
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0  # noqa: S608
