import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.runtime.errors import InvalidRequestError
from functions.runtime.web.spelling import LONGEST_ADDRESS, web_address


@pytest.mark.parametrize(
    ("words", "address"),
    [
        pytest.param("https://example.org", "https://example.org/", id="a path of its own"),
        pytest.param("HTTPS://Example.ORG/A", "https://example.org/A", id="small letters"),
        pytest.param("http://example.org:80/", "http://example.org/", id="the usual port"),
        pytest.param("http://example.org:443/", "http://example.org:443/", id="another port"),
        pytest.param("https://example.org/a?b=c#d", "https://example.org/a?b=c", id="no fragment"),
        pytest.param(" https://example.org/ ", "https://example.org/", id="no blanks around it"),
        pytest.param("http://[2001:DB8::1]/", "http://[2001:db8::1]/", id="an address of numbers"),
        pytest.param("https://münchen.example/ä", "https://münchen.example/ä", id="any script"),
    ],
)
def test_a_page_is_known_by_one_spelling(words: str, address: str) -> None:
    assert web_address(words) == address


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("", id="nothing"),
        pytest.param("example.org", id="no protocol"),
        pytest.param("//example.org/", id="a protocol of the page before"),
        pytest.param("javascript:alert(1)", id="a script"),
        pytest.param("https:///path", id="no host"),
        pytest.param("https://example.org:99999/", id="no such port"),
        pytest.param("https://[::1/", id="half a bracket"),
        pytest.param("https://user@example.org/", id="a name"),
        pytest.param("https://:@example.org/", id="an empty name"),
        pytest.param("https://example.org/a b", id="a blank within"),
        pytest.param("https://example.org/\r\nHost: x", id="lines of a header"),
        pytest.param("https://example.org\\@evil.example/", id="a slash of Windows"),
        pytest.param("https://example.org/" + "a" * LONGEST_ADDRESS, id="too long"),
        pytest.param("https://example.org/" + "灯" * 700, id="too long in bytes"),
    ],
)
def test_what_is_no_public_page_is_refused(words: str) -> None:
    with pytest.raises(InvalidRequestError):
        web_address(words)


@given(st.text(max_size=80).map("https://example.org/{}".format))
def test_a_spelling_is_its_own_spelling(words: str) -> None:
    try:
        address = web_address(words)
    except InvalidRequestError:
        return
    assert web_address(address) == address
    assert "#" not in address
