import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.generate.safety import MOST_CHARACTERS, REMOVED, make_safe

OURS = "https://lore.example/documents/1?passage=0"
GAP = "\u200b"

HOSTILE = [
    ("See [here](https://evil.example/a).", "See here.", "foreign link"),
    (f"See [here]({OURS}).", f"See [here]({OURS}).", "a citation's link"),
    (f"See {OURS}.", f"See {OURS}.", "a citation's bare URL"),
    (f"See {OURS}&x=1.", f"See {REMOVED}.", "more than a citation's URL"),
    ("Go to https://evil.example/?q=secret now", f"Go to {REMOVED} now", "bare URL"),
    ("<https://evil.example>", REMOVED, "autolink"),
    ("HTTPS://EVIL.EXAMPLE", REMOVED, "capitals"),
    ("www.evil.example/x", REMOVED, "no scheme"),
    ("discord.gg/abc", REMOVED, "invite"),
    ("ftp://evil.example", REMOVED, "another scheme"),
    ("![pixel](https://evil.example/p.png)", "pixel", "image"),
    (f"![pixel]({OURS})", "pixel", "no image, even of ours"),
    ("![pixel][ref]\n\n[ref]: https://evil.example/p.png", "pixel", "image by reference"),
    ('<img src="https://evil.example/p.png">', "", "HTML image"),
    ("<img src=x onerror=alert(1)", "", "HTML cut off"),
    ("<script>alert(1)</script>hello", "alert(1)hello", "script"),
    ("[x](javascript:alert(1))", "x)", "script in a link"),
    ("[a [b] c](//evil.example)", "[a [b] c]", "brackets within brackets"),
    ("[![a](https://e.example/1)](https://e.example/2)", "a", "image within a link"),
    ("https:/\u200b/evil.example", REMOVED, "an invisible character within"),
    ("hthttps://a.exttps://evil.example", REMOVED, "a URL within a URL"),
    ("a\u202eb\u2066c\x00d\x1be", "abcde", "directions and controls"),
    ("hi\U000e0041\U000e007f", "hi", "tag characters"),
    ("@everyone and @here", f"@{GAP}everyone and @{GAP}here", "mass mentions"),
    ("<@123> <@&45> <#6>", f"<{GAP}@123> <{GAP}@&45> <{GAP}#6>", "mentions"),
    ("```\ncode", "```\ncode\n```", "open fence"),
    ("List<String> a < b", "List<String> a < b", "honest angles stay"),
    ("naïve 你好 👩‍👩‍👧 می‌خواهم", "naïve 你好 👩‍👩‍👧 می‌خواهم", "honest scripts stay"),
    ("https：//evil.example/x", REMOVED, "wide marks"),
    ("https\\://evil.example", REMOVED, "an escape within"),
    ("&#104;ttps:&sol;/evil.example", REMOVED, "entities"),
    ("https:/\u200d/evil.example/x", REMOVED, "a joiner within"),
    ("Visit evil.example/x?q=1 now", f"Visit {REMOVED} now", "a host and a path"),
    ("Visit evil.example, then rest", f"Visit {REMOVED}, then rest", "a host alone"),
    ("mailto:a@evil.example", REMOVED, "mail"),
    ("＠ｅｖｅｒｙｏｎｅ", f"＠{GAP}ｅｖｅｒｙｏｎｅ", "wide letters"),
    ("@𝐞𝐯𝐞𝐫𝐲𝐨𝐧𝐞", f"@{GAP}𝐞𝐯𝐞𝐫𝐲𝐨𝐧𝐞", "ornate letters"),
    (">>> all below\n-# [1] forged", " all below\n [1] forged", "what looks like ours"),
    ("a **b and c", "a \\*\\*b and c", "bold left open"),
    ("a ||b and c", "a \\|\\|b and c", "a spoiler left open"),
    ("a `b and c", "a \\`b and c", "code left open"),
    ("**a** ||b|| `c` ~~d~~ __e__", "**a** ||b|| `c` ~~d~~ __e__", "what is closed stays"),
    ("`a ** b` and ```c```", "`a ** b` and ```c```", "marks within code stay"),
    ("See README.md? Or Node.js/Express.", "See README.md? Or Node.js/Express.", "files stay"),
    ("Use e.g. v1.2/v1.3, ASP.NET/MVC.", "Use e.g. v1.2/v1.3, ASP.NET/MVC.", "names stay"),
    ("@ere and a@hereford.test", "@ere and a@\u200bhereford.test", "mail may be told apart"),
    ("C:\\path and 10:30 and a:b", "C:\\path and 10:30 and a:b", "honest colons stay"),
    ("use dict[str](x) here [1]", "use dictstr here [1]", "what looks like a link"),
]


@pytest.mark.parametrize(("text", "expected", "remark"), HOSTILE)
def test_nothing_hostile_gets_through(text: str, expected: str, remark: str) -> None:
    assert make_safe(text, urls=[OURS]) == expected, remark


INERT = [
    ("Open http://localhost:8080.", "Open `http://localhost:8080`.", "a plain URL"),
    ("<https://a.example/b?c=d#e>", "`https://a.example/b?c=d#e`", "an autolink"),
    (f"See {OURS}.", f"See {OURS}.", "a citation's"),
    ("[here](https://evil.example)", "here", "a link hides where it leads"),
    ("![x](https://evil.example/p.png)", "x", "an image"),
    ("Visit evil.example/x now", "Visit `evil.example/x` now", "a host and a path"),
    ("Set `a`, visit evil.example", "Set `a`, visit evil.example", "a host beside code"),
    ("www.evil.example discord.gg/abc", f"{REMOVED} {REMOVED}", "no http"),
    ("javascript://a ftp://b.example", f"{REMOVED} {REMOVED}", "other schemes"),
    ("a ` b http://evil.example c", f"a \\` b {REMOVED} c", "a backtick could end the code"),
    ("`http://evil.example", f"\\`{REMOVED}", "a backtick left open"),
    ("http://a.example<http://b.example", f"{REMOVED}{REMOVED}", "code upon code"),
    (f"http://a.example/{'x' * 300}", REMOVED, "too long to stay whole"),
    ("```\ncurl http://a.example\n```\n[1]", "```\ncurl http://a.example\n```\n[1]", "code"),
    ("```\ncurl http://a.example", f"```\ncurl {REMOVED}\n```", "code left open"),
    ("```\nx\n```\nhttp://a.example", "```\nx\n```\n`http://a.example`", "below code"),
]


@pytest.mark.parametrize(("text", "expected", "remark"), INERT)
def test_a_documents_own_urls_stay_as_text(text: str, expected: str, remark: str) -> None:
    assert make_safe(text, urls=[OURS], inert=True) == expected, remark


def test_the_length_is_bounded() -> None:
    assert len(make_safe("word " * 5_000)) <= MOST_CHARACTERS + len("\n```")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("wall", ["[a](", "![a](", "![a][", "<img ", "[a]: ", "](", "http:"])
def test_a_wall_of_half_links_is_got_through(wall: str) -> None:
    assert "](" not in make_safe(wall * 4_000)


@pytest.mark.parametrize("length", [100, 1_900, 2_100, 10_000])
def test_a_link_of_any_length_is_taken_away(length: int) -> None:
    assert make_safe(f"[x](javascript:{'a' * length})") in {"x", "[x]"}
    assert make_safe(f"![x](/{'a' * length})") in {"!x", "![x]", "x"}


PIECES = st.sampled_from(
    ["https://", "evil.example", "[", "]", "(", ")", "!", "<", ">", "@everyone", "<@1>", "```",
     "www.", "\n", " ", "\u200b", "\u202e", "a", "//", "http:", "img ", "[1]: "]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25))
def test_no_mixture_of_hostile_pieces_gets_through(pieces: list[str]) -> None:
    safe = make_safe("".join(pieces))
    assert not re.search(r"https?:/+\s*\w|www\.\w", safe)
    assert not re.search(r"!\[[^\]]*\]\(|@everyone|<@1>|<img", safe)
    assert safe.count("```") % 2 == 0


@given(st.lists(PIECES | st.sampled_from(["`", "http://a.b", "<http://c.d>"]), max_size=25))
def test_no_mixture_makes_a_link_of_a_url_shown_as_text(pieces: list[str]) -> None:
    safe = make_safe("".join(pieces), inert=True)
    without_code = re.sub(r"(?ms)^ {0,3}```[^`]*```|(?<!`)`[^`]+`(?!`)", "", safe)
    assert not re.search(r"https?:/+\s*\w|www\.\w", without_code)
    assert not re.search(r"!\[[^\]]*\]\(|@everyone|<@1>|<img", safe)
