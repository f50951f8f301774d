import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.parsers.elements import Element, RefusedError
from functions.ingest.parsers.markup import parse
from functions.ingest.parsers.web_page import elements, read


def elements_of(page: str | bytes) -> list[Element]:
    source = page if isinstance(page, bytes) else page.encode()
    return [element for part in read(source) for element in part.elements]


def texts_of(page: str | bytes) -> list[str]:
    return [element.text for element in elements_of(page) if element.kind != "title"]


PROSE = "<p>" + "This page says enough to stand without what surrounds it. " * 5 + "</p>"
SAID = " ".join(["This page says enough to stand without what surrounds it."] * 5)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>one<p>two", [Element("paragraph", "one"), Element("paragraph", "two")]),
        ("<div>one <b>bold</b>\n  <i>two</i></div>three", [  # blocks part, inline marks do not
            Element("paragraph", "one bold two"), Element("paragraph", "three")]),
        ("a<br>b<hr>c", [Element("paragraph", "a\nb"), Element("paragraph", "c")]),
        ("<h2>Title <small>x</small></h2>", [Element("heading", "Title x", level=2)]),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", [Element("list", "- a\n- b\n  - c")]),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", [Element("list", "- a\n  - b")]),  # seen often
        ("<ol start=9><li>a<li>b</ol>", [Element("list", "9. a\n10. b")]),
        ("<ol start=99999999999999999999><li>a</ol>", [Element("list", "1. a")]),  # nonsense
        ("<dl><dt>HP</dt><dt>Life</dt><dd>x</dd></dl>", [Element("list", "HP, Life: x")]),
        ("<dl><dt>HP<dt>Life<dd>points<dd>of all</dl>", [  # left open
            Element("list", "HP, Life: points\n  of all")]),
        ("<dl><div><dt>A</dt><dd>b<dl><dt>C</dt><dd>d</dd></dl></dd></div></dl>", [
            Element("list", "A: b\nC: d")]),
        ("<pre>a\n  <b>b</b><br>c\n</pre>", [Element("code", "a\n  b\nc")]),
        ("<blockquote><p>a<p>b</blockquote>", [Element("quote", "a\nb")]),
        ("<p><img alt='A map'><img src=x></p>", [Element("paragraph", "A map")]),
        ("<details><summary>Why?</summary>Because.</details>", [
            Element("paragraph", "Why?"), Element("paragraph", "Because.")]),
        ("<p>Now <s>$12</s> <del>$11</del> $9", [Element("paragraph", "Now ~~$12~~ ~~$11~~ $9")]),
        ("<p>Now<s> $12 </s>$9 <del><s>x</s></del>", [
            Element("paragraph", "Now ~~$12~~ $9 ~~x~~")]),
        ("<p>10<sup>6</sup> m<sup>2</sup>, said<sup>[1]</sup>", [
            Element("paragraph", "10^6 m2, said[1]")]),
        ("<x-card>one</x-card> two", [Element("paragraph", "one two")]),  # unknown is inline
        ("1 &lt; 2 &amp; &nbsp; 3", [Element("paragraph", "1 < 2 & 3")]),
    ],
)  # fmt: skip
def test_structure_is_kept(page: str, expected: Sequence[Element]) -> None:
    assert elements_of(page) == expected


@pytest.mark.parametrize(
    ("table", "text", "header"),
    [
        ("<tr><th>Item<th>Price<tr><td>Sword<td>3", "Item | Price\nSword | 3", "Item | Price"),
        ("<thead><tr><td>A<td>B<tbody><tr><td>1<td>2", "A | B\n1 | 2", "A | B"),
        ("<tr><td>a<td>b<tr><td>c<td>d", "a | b\nc | d", None),  # nothing says it is a header
        ("<tr><th>HP<td>3<tr><th>MP<td>4", "HP | 3\nMP | 4", None),  # names stand at the side
        ("<tr><th>A<th>B", "A | B", None),  # a header without rows heads nothing
        ("<tr><td rowspan=2>x<td>1<tr><td>2", "x | 1\nx | 2", None),  # said in each row
        ("<tr><td colspan=2>x<td>1<tr><td>a<td>b<td>c", "x |  | 1\na | b | c", None),
        ("<tr><td><ul><li>p<li>q</ul><td>r", "- p - q | r", None),  # a row stays one line
    ],
)
def test_tables_are_rows_under_their_header(table: str, text: str, header: str | None) -> None:
    assert elements_of(f"<table>{table}</table>") == [Element("table", text, header=header)]


TAGS = st.sampled_from(
    re.findall(
        r"\S+",
        "a b blockquote caption center code dd details div dl dt em figure h1 h3 i li main ol p"
        " pre q section span strong summary sup table tbody td th thead tr u ul x-own",
    )
)
TREES = st.recursive(
    st.text("abcdefgh", min_size=3, max_size=8),
    lambda inner: st.tuples(TAGS, st.lists(inner, max_size=5)).map(
        lambda drawn: f"<{drawn[0]}>{' '.join(drawn[1])}</{drawn[0]}>"
    ),
    max_leaves=25,
)


@given(TREES)
def test_no_word_is_lost_however_tags_are_nested(tree: str) -> None:
    words = re.sub("<[^>]*>", " ", tree).split()

    text = " ".join(element.text for element in elements(parse(f"<body>{tree}".encode())))

    for word in words:
        assert word in text


def test_a_table_that_only_arranges_the_page_is_read_as_text() -> None:
    inner = "<table><tr><td>a<td>b</table>"

    assert texts_of(f"<table><tr><td>left<td>{inner}</table>") == ["left", "a | b"]


def test_spans_cannot_multiply_cells() -> None:
    row = "<td colspan=1000 rowspan=65534>x" * 50

    (table,) = elements_of(f"<table>{'<tr>' + row}{'<tr><td>y' * 300}</table>")

    assert len(table.text) < 500_000


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<a href='https://a.org/x'>here</a>", "here (https://a.org/x)"),
        ("<a href='mailto:a@b.c'>mail</a>", "mail (a@b.c)"),
        ("<a href='https://a.org'>https://a.org</a>", "https://a.org"),  # said already
        ("<a href='/x'>here</a>", "here"),  # leads nowhere from outside
        ("<a href='javascript:alert(1)'>here</a>", "here"),
        ("<a href='file:///etc/passwd'>here</a>", "here"),
        ("<h2>Rules<a href='#rules'>¶</a></h2>", "Rules"),  # a permalink is no text
        ("<p><a href='https://a.org'><img></a>x</p>", "x"),  # nothing to stand behind
    ],
)
def test_link_targets_follow_their_label(page: str, expected: str) -> None:
    assert texts_of(page) == [expected]


@pytest.mark.parametrize(
    "unseen",
    [
        "<script>unseen</script>",
        "<style>unseen</style>",
        "<noscript>unseen</noscript>",
        "<template>unseen</template>",
        "<!-- unseen -->",
        "<p hidden>unseen</p>",
        "<p aria-hidden=true>unseen</p>",
        "<p style='color: red; display : none'>unseen</p>",
        "<p style='visibility:hidden'>unseen</p>",
        "<svg><title>unseen</title></svg>",
        "<textarea>unseen</textarea>",
        "<nav>unseen</nav>",
        "<div role=navigation>unseen</div>",
        "<header>unseen</header>",
        "<footer>unseen</footer>",
        "<aside>unseen</aside>",
        "<form>unseen</form>",
    ],
)
def test_what_is_hidden_or_surrounds_the_text_is_dropped(unseen: str) -> None:
    assert texts_of(f"<body>{unseen}{PROSE}{unseen} tail</body>") == [SAID, "tail"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<form><p>All of it is a form.</form>", ["All of it is a form."]),
        ("<nav>Only links</nav>", ["Only links"]),
        ("<body style='display:none'><p>until a script ran", ["until a script ran"]),
        (f"<article><header><h1>Own</h1></header>{PROSE}</article>", ["Own", SAID]),
        (f"<p>around</p><main>{PROSE}</main><p>more</p>", [SAID]),  # main holds most
        (f"{PROSE}<main>little</main>", [SAID, "little"]),  # main holds little
        (f"<article>{PROSE}</article><article>{PROSE}</article>", [SAID, SAID]),  # two of a kind
    ],
)
def test_never_everything_is_dropped(page: str, expected: Sequence[str]) -> None:
    assert texts_of(page) == expected


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title> The\n Rules </title>", "The Rules"),
        ("<title></title><meta property='og:title' content='Shared'>", "Shared"),
        ("<svg><title>Icon</title></svg>", None),
        ("", None),
    ],
)
def test_a_page_states_its_title(head: str, title: str | None) -> None:
    stated = [e.text for e in elements_of(f"{head}<p>text") if e.kind == "title"]

    assert stated == ([title] if title else [])


@pytest.mark.parametrize(
    "page",
    [
        "<p>Größe".encode(),  # UTF-8 without a word about it
        "<p>Größe".encode("utf-8-sig"),  # by its mark
        "<p>Größe".encode("utf-16"),  # by its mark
        b"<meta charset=iso-8859-1>" + "<p>Größe".encode("cp1252"),  # as declared
        b"<meta charset='latin1'>" + "<p>Größe".encode(),  # declared wrongly, is UTF-8
        b"<meta http-equiv=Content-Type content='text/html; charset=cp850'>"
        + "<p>Größe".encode("cp1252"),  # an encoding nobody uses on the web
        b"<meta charset=zlib>" + "<p>Größe".encode("cp1252"),  # a codec, no encoding
        "<p>Größe".encode("cp1252"),  # nothing at all
    ],
)
def test_the_encoding_is_found(page: bytes) -> None:
    assert texts_of(page) == ["Größe"]


def test_a_guessed_encoding_is_told() -> None:
    guessed, stated = "<p>Größe".encode("cp1252"), "<p>Größe".encode()

    assert [len(page.notices) for document in (guessed, stated) for page in read(document)] == [
        1,
        0,
    ]


def test_an_old_encoding_is_read_as_declared() -> None:
    page = b"<meta charset=Shift_JIS><p>" + "剣の価格".encode("cp932")

    assert texts_of(page) == ["剣の価格"]


def test_xhtml_may_close_its_tags_at_once() -> None:
    page = (
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>'
        "<body><script/><p>a&nbsp;b&mdash;c</p></body></html>"
    )

    assert texts_of(page.replace("<html", "<!DOCTYPE html><html")) == ["a b—c"]


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<div>" * 3000 + "deep", "too_large"),  # libxml2 would leave out what is deeper
        ("<blockquote>x" * 250, "too_large"),  # deeper than the reader can go
        ("<p>" + "x" * 12_000_000, "too_large"),  # libxml2 would leave out the text
        ("<!-- only -->", "no_text"),
    ],
)
def test_what_would_be_cut_is_refused(page: str, reason: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        elements_of(page)

    assert refusal.value.reason == reason


def test_a_box_beside_the_text_is_of_it() -> None:
    box = "<aside><p>Hit points 120</p></aside><div role=alert>Refunds end after a day.</div>"
    within = texts_of(f"<main>{PROSE}{box}</main><aside>Other pages</aside>")
    assert "Hit points 120" in within
    assert "Refunds end after a day." in within
    assert "Other pages" not in within


def test_a_question_that_opens_its_answer_is_read() -> None:
    page = (
        f"{PROSE}<h2><button>How do I join?</button></h2><p>By the link.</p>"
        "<button aria-expanded=false>And leave?</button><p>By the menu.</p><button>Share</button>"
    )
    found = elements_of(page)
    assert Element("heading", "How do I join?", level=2) in found
    assert [element.text for element in found][-2:] == ["And leave?", "By the menu."]


def test_a_wikis_tools_are_no_part_of_its_headings() -> None:
    page = f"{PROSE}<h2>Tactics<span class='mw-editsection'>[edit]</span></h2><p>Run.</p>"
    assert Element("heading", "Tactics", level=2) in elements_of(page)
