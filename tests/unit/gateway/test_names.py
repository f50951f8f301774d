from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.runtime.errors import InvalidRequestError
from gateway.names import LONGEST_NAME, attachment, display_name, given_title, savable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("docs/adding.md", "docs/adding.md", id="folders are kept"),
        pytest.param("docs\\adding.md", "docs/adding.md", id="whatever they are parted by"),
        pytest.param("../../etc/passwd", "etc/passwd", id="nothing above"),
        pytest.param("/etc//passwd", "etc/passwd", id="nothing absolute"),
        pytest.param(" a .md ", "a .md", id="no blanks around it"),
        pytest.param("a\x00\n\x7f.md", "a.md", id="no control characters"),
        pytest.param("\u202egpj.md", "gpj.md", id="no turned direction"),
        pytest.param("\u200bword\ufeff.md", "word.md", id="nothing of no width"),
        pytest.param("می\u200cروم.md", "می\u200cروم.md", id="but what Persian needs"),
        pytest.param("cafe\u0301.md", "café.md", id="composed"),
        pytest.param("規則.md", "規則.md", id="any script"),
        pytest.param("x" * 255, "x" * 255, id="as long as may be"),
    ],
)
def test_a_name_is_shown_as_it_is_but_for_what_misleads(name: str, shown: str) -> None:
    assert display_name(name) == shown


@given(st.text(max_size=300))
def test_no_name_climbs_or_hides(name: str) -> None:
    try:
        shown = display_name(name)
    except InvalidRequestError:
        return
    assert 0 < len(shown) <= LONGEST_NAME
    assert not {"", ".", ".."} & set(shown.split("/"))
    assert "\\" not in shown
    assert "\x00" not in shown
    assert display_name(shown) == shown


@pytest.mark.parametrize(
    ("words", "title"),
    [
        pytest.param(None, None, id="none given"),
        pytest.param(" \n\u200b ", None, id="nothing to see"),
        pytest.param(" The\n rules ", "The rules", id="one line"),
        pytest.param("\u202eselur", "selur", id="no turned direction"),
        pytest.param("x" * 200, "x" * 200, id="as long as may be"),
    ],
)
def test_a_title_is_one_visible_line(words: str | None, title: str | None) -> None:
    assert given_title(words) == title


@pytest.mark.parametrize(
    ("part", "saved"),
    [
        pytest.param("notes.md", "notes.md", id="as it is"),
        pytest.param('a<b>:"c|?*\\.md', "a_b___c____.md", id="what Windows forbids"),
        pytest.param("CON.txt", "_CON.txt", id="a device of Windows"),
        pytest.param("console.txt", "console.txt", id="no device"),
        pytest.param(" name. ", "name", id="no blank or dot at an end"),
        pytest.param("..", "_", id="no folder above"),
        pytest.param("規" * 100 + ".md", "規" * 65 + ".md", id="cut between letters, ending kept"),
        pytest.param("x." + "y" * 300, "x." + "y" * 198, id="an ending that is none"),
    ],
)
def test_a_saved_name_suits_every_file_system(part: str, saved: str) -> None:
    assert savable(part) == saved


@given(st.text(max_size=300))
def test_no_name_leaves_its_header(name: str) -> None:
    header = attachment(name)
    assert header.isascii()
    assert header.isprintable()
    plain, _, extended = header.partition("; filename*=UTF-8''")
    assert plain.count('"') == 2
    assert ";" not in extended
    assert unquote(extended) == savable(name.rpartition("/")[2])
