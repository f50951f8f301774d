import pytest

from gateway.export import Paths


@pytest.mark.parametrize(
    ("names", "paths"),
    [
        pytest.param(["a/b.md"], ["a/b.md"], id="folders are kept"),
        pytest.param(["a.md", "A.md"], ["a.md", "A (2).md"], id="capitals do not tell apart"),
        pytest.param(["a", "a/b"], ["a", "a (2)/b"], id="no file is a folder"),
        pytest.param(["a/b", "a"], ["a/b", "a (2)"], id="nor a folder a file"),
        pytest.param(["a:b.md", "a?b.md"], ["a_b.md", "a_b (2).md"], id="alike once savable"),
        pytest.param(["con.md"], ["_con.md"], id="no device of Windows"),
    ],
)
def test_every_document_has_a_path_that_can_be_unpacked(names: list[str], paths: list[str]) -> None:
    given = Paths()
    assert [given.add(name, media_type=None) for name in names] == [
        f"documents/{path}" for path in paths
    ]


@pytest.mark.parametrize(
    ("address", "path"),
    [
        pytest.param("https://example.org/", "example.org.html", id="a home page"),
        pytest.param("https://example.org/a/b", "example.org/a/b.html", id="a page"),
        pytest.param("http://example.org/a.htm", "example.org/a.htm", id="an ending of its own"),
        pytest.param("https://example.org/?a=b", "example.org/_a=b.html", id="a query"),
    ],
)
def test_a_page_lies_where_its_address_says(address: str, path: str) -> None:
    assert Paths().add(address, media_type="text/html") == f"documents/{path}"
