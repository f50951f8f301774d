import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.runtime.errors import InvalidRequestError
from gateway.uploads import LONGEST_NAME, display_name, media_type


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
    ("sent", "name", "kept"),
    [
        pytest.param("text/markdown; charset=utf-8", "a.txt", "text/markdown", id="as sent"),
        pytest.param("Application/PDF", "a.md", "application/pdf", id="in small letters"),
        pytest.param("", "a.MD", "text/markdown", id="else by the name"),
        pytest.param("application/octet-stream", "a.pdf", "application/pdf", id="likewise"),
        pytest.param("<script>", "a.txt", "text/plain", id="nonsense is nothing sent"),
        pytest.param("", "LICENSE", "application/octet-stream", id="else unknown"),
    ],
)
def test_a_type_is_the_senders_or_the_names(sent: str, name: str, kept: str) -> None:
    assert media_type(sent, name=name) == kept
