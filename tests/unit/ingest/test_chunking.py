import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.assembling import assemble
from functions.ingest.chunking import chunk
from functions.ingest.parsers.elements import Element, ElementKind
from functions.ingest.parsers.markdown import elements
from functions.ingest.schemas import Chunk, ChunkBudget, ParsedDocument

MARKS = 4
SMALL = ChunkBudget(target=24, maximum=36, overlap=6, tiny=8)


def words(text: str) -> int:
    """Count as an embedder does: words, ideographs and signs, and marks around them all."""
    return len(re.findall(r"[^\W\u0e00-\u0eff\u2e80-\u9fff]+|\S", text)) + MARKS


def plain_words(text: str) -> int:
    return len(text.split())


def document_of(*found: Element) -> ParsedDocument:
    return assemble(found, media_type="text/plain", name="a.txt")


def markdown(source: str) -> ParsedDocument:
    return assemble(elements(source), media_type="text/markdown", name="a.md")


def paragraph_of(count: int) -> str:
    return " ".join(f"word{number}" for number in range(count))


def assert_promises(parsed: ParsedDocument, chunks: Sequence[Chunk], budget: ChunkBudget) -> None:
    covered = 0
    for ordinal, passage in enumerate(chunks):
        assert passage.ordinal == ordinal
        assert passage.text.strip()
        assert passage.token_count <= budget.maximum
        assert passage.text.endswith(parsed.text[passage.start : passage.end])
        assert not parsed.text[covered : max(covered, passage.start)].strip()
        assert passage.end > covered
        covered = passage.end
    assert not parsed.text[covered:].strip()


KINDS: st.SearchStrategy[ElementKind] = st.sampled_from(
    ["heading", "paragraph", "list", "table", "code", "quote"]
)
TEXTS = st.text(st.characters() | st.sampled_from("ab .\n"), min_size=1, max_size=300)
LONG = st.tuples(st.text(min_size=1, max_size=20), st.integers(1, 200)).map(
    lambda drawn: drawn[0] * drawn[1]
)
ELEMENTS = st.builds(
    Element,
    kind=KINDS,
    text=TEXTS | LONG,
    level=st.integers(1, 6),
    page=st.none() | st.integers(1, 3),
    header=st.none() | st.text(max_size=30),
)


@given(
    st.lists(ELEMENTS, max_size=12),
    st.sampled_from([words, plain_words, len]),
    st.sampled_from([SMALL, ChunkBudget(), ChunkBudget(target=8, maximum=9, overlap=3, tiny=2)]),
)
def test_any_document_is_covered_in_order_within_the_budget(
    found: list[Element], count: Callable[[str], int], budget: ChunkBudget
) -> None:
    parsed = document_of(Element("paragraph", "start"), *found)

    chunks = chunk(parsed, count_tokens=count, budget=budget)

    assert_promises(parsed, chunks, budget)
    assert all(passage.token_count == count(passage.text) for passage in chunks)


@given(TEXTS | LONG)
def test_any_markdown_is_chunked(source: str) -> None:
    parsed = markdown("# Title\n\n" + source)

    assert_promises(parsed, chunk(parsed, count_tokens=words, budget=SMALL), SMALL)


@pytest.mark.parametrize(
    ("count", "chunks"),
    [
        (380, 1),  # with its marks exactly the maximum
        (381, 2),  # one more
    ],
)
def test_a_paragraph_within_the_maximum_stays_whole(count: int, chunks: int) -> None:
    parsed = document_of(Element("paragraph", paragraph_of(count)))

    assert len(chunk(parsed, count_tokens=words)) == chunks


def test_paragraphs_of_a_section_are_packed_up_to_the_target() -> None:
    parsed = markdown("\n\n".join(paragraph_of(9) for _ in range(4)))

    found = chunk(parsed, count_tokens=words, budget=SMALL)

    assert [passage.text.count("word0") for passage in found] == [2, 2]


GUIDE = f"""# Guide

## Rules

{paragraph_of(12)}

### Exceptions

{paragraph_of(12)}

## Contact

{paragraph_of(12)}
"""


def test_a_section_is_a_chunk_with_its_heading() -> None:
    found = chunk(markdown(GUIDE), count_tokens=words, budget=SMALL)

    assert [(passage.text.split("\n")[0], passage.heading_path) for passage in found] == [
        ("Guide", ("Rules",)),  # the title alone would be tiny
        ("Exceptions", ("Rules", "Exceptions")),
        ("Contact", ("Contact",)),
    ]


def test_tiny_sections_share_a_chunk_under_what_their_paths_share() -> None:
    source = "## Questions\n\n### One?\n\nYes.\n\n### Two?\n\nNo."

    budget = ChunkBudget(target=24, maximum=36, overlap=6, tiny=16)
    found = chunk(markdown(source), count_tokens=words, budget=budget)

    assert [passage.text for passage in found] == ["Questions\n\nOne?\n\nYes.\n\nTwo?\n\nNo."]
    assert found[0].heading_path == ("Questions",)


@pytest.mark.parametrize("count", [26, 31, 32, 33, 60, 100])  # around the maximum of 36
def test_a_heading_never_stands_alone(count: int) -> None:
    source = f"## First\n\n{paragraph_of(15)}\n\n## Second\n\n### Deeper\n\n{paragraph_of(count)}"

    found = chunk(markdown(source), count_tokens=words, budget=SMALL)

    (passage,) = [passage for passage in found if "Second" in passage.text]
    assert passage.text.startswith("Second\n\nDeeper\n\nword0 word1")
    assert passage.heading_path == ("Second", "Deeper")


def test_a_table_repeats_its_header_where_it_is_cut() -> None:
    rows = "\n".join(f"| name{number} | value{number} |" for number in range(20))
    parsed = markdown(f"| name | value |\n|---|---|\n{rows}\n")

    found = chunk(parsed, count_tokens=words, budget=SMALL)

    assert len(found) > 2
    assert all(passage.text.startswith("name | value\n") for passage in found)
    assert all(
        passage.text.endswith(str(re.findall(r"\d+", passage.text)[-1])) for passage in found
    )
    joined = "\n".join(parsed.text[passage.start : passage.end] for passage in found)
    assert joined == parsed.text
    assert {passage.kind for passage in found} == {"table"}


def test_code_is_cut_between_lines_and_keeps_its_indentation() -> None:
    lines = "\n".join(f"    call({number})" for number in range(20))
    parsed = markdown(f"```\ndef main():\n{lines}\n```")

    found = chunk(parsed, count_tokens=words, budget=SMALL)

    assert len(found) > 2
    assert all(passage.text.startswith("    call(") for passage in found[1:])
    assert "\n".join(passage.text for passage in found) == parsed.text


@pytest.mark.parametrize("indentation", [3, 20, 300])
def test_indentation_beyond_the_budget_is_left_out(indentation: int) -> None:
    line = "\n" + " " * indentation + "x"
    parsed = document_of(Element("code", "start" + line * 30))
    budget = ChunkBudget(target=8, maximum=9, overlap=3, tiny=2)

    assert_promises(parsed, chunk(parsed, count_tokens=len, budget=budget), budget)


def test_a_long_paragraph_is_cut_between_sentences_and_overlaps() -> None:
    text = " ".join(f"This is sentence {number}." for number in range(30))
    parsed = document_of(Element("paragraph", text))
    budget = ChunkBudget(target=48, maximum=60, overlap=12, tiny=8)

    found = chunk(parsed, count_tokens=words, budget=budget)

    assert all(passage.text.startswith("This is sentence") for passage in found)
    assert all(passage.text.endswith(".") for passage in found)
    pairs = list(pairwise(found))
    assert pairs
    assert all(later.start < earlier.end for earlier, later in pairs)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("本服务器的规则很简单。" * 40, r"。$"),  # sentences without spaces
        ("规" * 400, r"规$"),  # not even sentences
        ("ประเทศไทยมีอากาศร้อน" * 40, r"[^\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]"),  # vowels stay on
        ("😀\u200d🔥" * 200, r"^😀.*🔥$"),  # joined emoji stay joined
    ],
)
def test_text_without_spaces_is_cut_where_it_may(text: str, pattern: str) -> None:
    parsed = document_of(Element("paragraph", text))

    found = chunk(parsed, count_tokens=words, budget=SMALL)

    assert len(found) > 5
    assert_promises(parsed, found, SMALL)
    assert all(re.search(pattern, passage.text) for passage in found)


def test_the_last_remainder_joins_what_is_before_it() -> None:
    parsed = document_of(Element("paragraph", paragraph_of(15)), Element("paragraph", "The end."))

    assert len(chunk(parsed, count_tokens=words, budget=SMALL)) == 1


def test_each_page_starts_a_chunk_unless_it_is_tiny() -> None:
    found = [Element("paragraph", paragraph_of(10), page=number) for number in (1, 2)]
    parsed = document_of(Element("paragraph", "Cover", page=0), *found)

    passages = chunk(parsed, count_tokens=words, budget=SMALL)

    # Where most of it stands, not where a cover does.
    assert [passage.page for passage in passages] == [1, 2]


@pytest.mark.parametrize("text", ["x" * 2_000_000, "lorem ipsum " * 200_000, "汉字" * 1_000_000])
def test_a_line_of_megabytes_is_counted_about_once(text: str) -> None:
    counted = 0

    def count(part: str) -> int:
        nonlocal counted
        counted += len(part)
        return len(part) // 4 + 1

    chunk(document_of(Element("paragraph", text)), count_tokens=count)

    assert counted < 2 * len(text)


@pytest.mark.parametrize("kind", ["list", "table", "code"])
def test_what_is_made_of_lines_is_cut_at_their_ends(kind: ElementKind) -> None:
    lines = [f"line {number} has a few words. And more" for number in range(60)]
    parsed = document_of(Element(kind, "\n".join(lines)))

    chunks = chunk(parsed, count_tokens=words, budget=SMALL)

    assert len(chunks) > 1
    assert [line for passage in chunks for line in passage.text.split("\n")] == lines


@pytest.mark.parametrize("kind", ["table", "code"])
def test_a_cut_table_or_definition_keeps_its_first_line(kind: ElementKind) -> None:
    lines = ["name | price", *(f"item {number} | {number}" for number in range(60))]
    parsed = document_of(Element(kind, "\n".join(lines), header=lines[0]))

    chunks = chunk(parsed, count_tokens=words, budget=SMALL)

    assert len(chunks) > 1
    assert {passage.text.split("\n")[0] for passage in chunks} == {lines[0]}


def test_a_tiny_section_stays_under_its_own_heading() -> None:
    versions = "\n\n".join(
        f"## 1.{number}\n\n### Added\n\n- Sound {number}\n\n### Fixed\n\n- Crash {number}"
        for number in range(3)
    )
    budget = ChunkBudget(target=60, maximum=90, overlap=6, tiny=16)
    found = chunk(markdown(f"# Changes\n\n{versions}"), count_tokens=words, budget=budget)
    assert len(found) == 3
    for number, passage in enumerate(found):
        assert passage.heading_path == (f"1.{number}",)
        assert f"1.{number}" in passage.text
        assert re.findall(r"Crash (\d)", passage.text) == [str(number)]


def test_every_slide_is_cited_by_its_own_number() -> None:
    slides = [
        element
        for page in (1, 2, 3)
        for element in (
            Element("heading", f"Slide {page}", level=1, page=page),
            Element("paragraph", "Few words", page=page),
        )
    ]
    found = chunk(document_of(*slides), count_tokens=words, budget=SMALL)
    assert [(passage.page, passage.heading_path) for passage in found] == [
        (page, (f"Slide {page}",)) for page in (1, 2, 3)
    ]


def test_an_item_of_a_list_keeps_what_is_set_in_under_it() -> None:
    items = "\n".join(
        f"{number}. Rule {number}\n   1. First of {number}\n   2. Second of {number}"
        for number in range(1, 7)
    )
    found = chunk(document_of(Element("list", items)), count_tokens=words, budget=SMALL)
    assert len(found) > 1
    assert all(re.match(r"\d\. Rule", passage.text) for passage in found)


@pytest.mark.parametrize(
    ("sentence", "end"),
    [
        ("Der Beitrag wird am 3. Oktober für ein Jahr fällig. ", "fällig."),
        ("सदस्य को पहले अपना खाता सत्यापित करना होगा। ", "।"),
        ("يجب على العضو أن يقرأ القواعد كلها قبل الدخول؟ ", "؟"),
    ],
)
def test_sentences_of_any_script_stay_whole(sentence: str, end: str) -> None:
    parsed = document_of(Element("paragraph", sentence * 20))
    budget = ChunkBudget(target=80, maximum=100, overlap=6, tiny=8)
    found = chunk(parsed, count_tokens=words, budget=budget)
    assert len(found) > 1
    assert all(passage.text.endswith(end) for passage in found)


def test_numbered_lines_are_not_cut_behind_their_number() -> None:
    lines = "\n".join(f"{number}. Use the right channel for it" for number in range(1, 40))
    found = chunk(document_of(Element("paragraph", lines)), count_tokens=words, budget=SMALL)
    assert not any(re.search(r"\d\.$", passage.text) for passage in found)
