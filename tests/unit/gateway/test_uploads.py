import pytest

from gateway.uploads import media_type


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
