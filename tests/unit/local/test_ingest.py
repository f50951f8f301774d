"""``lore ingest`` and ``lore export`` against a gateway that says what the contract says."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from functions.local import ingestion
from functions.local.main import main
from functions.runtime.settings import LOCAL_GUILD

STEPS: list[dict[str, Any]] = [
    {"status": "RECEIVED", "progress": {"stage": "received", "done": 0, "total": 0}},
    {"status": "PROCESSING", "progress": {"stage": "parsing", "done": 2, "total": 3}},
    {"status": "PROCESSING", "progress": {"stage": "embedding", "done": 9, "total": 12}},
    {"status": "READY", "progress": {"stage": "ready", "done": 12, "total": 12}, "pages": 3,
     "passageCount": 12, "language": "de", "probeRank": 1},
]  # fmt: skip
BLANK = {
    "statusReason": None, "pages": None, "passageCount": 0, "language": None, "probeRank": None,
}  # fmt: skip


class Gateway:
    """Answers as the contract says; each document goes one step with every look at it."""

    def __init__(self) -> None:
        self.added: list[dict[str, Any]] = []
        self.known = False
        self.busy = 0
        self.outcome = STEPS[-1]
        self.archive = b""
        self._looks: dict[str, int] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.startswith("/auth"):
            return httpx.Response(200, json={"token": "t"})
        if self.busy:
            self.busy -= 1
            return httpx.Response(429, json={"error": {"message": "Too much."}})
        if path.endswith("/export"):
            return httpx.Response(200 if self.archive else 403, content=self.archive)
        if request.method == "PUT":
            self.added.append({**request.url.params, "content": request.content})
            body = {"documentId": f"d{len(self.added)}", "title": "Known", "status": "received"}
            return httpx.Response(200 if self.known else 202, json=body)
        return httpx.Response(200, json=self._graphql(json.loads(request.content)))

    def _graphql(self, asked: dict[str, Any]) -> dict[str, Any]:
        if "addAddress" in asked["query"]:
            self.added.append(asked["variables"])
            return {"data": {"addAddress": {"id": f"d{len(self.added)}"}}}
        names = [part.split(":")[0] for part in asked["query"].split() if part.startswith("d")]
        return {"data": {"guild": {name: self._look(name) for name in names if name != "done"}}}

    def _look(self, name: str) -> dict[str, Any]:
        step = self._looks[name] = self._looks.get(name, -1) + 1
        return {**BLANK, **[*STEPS[:-1], self.outcome][min(step, len(STEPS) - 1)]}


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    gateway = Gateway()
    client = httpx.AsyncClient

    def connected(**options: Any) -> httpx.AsyncClient:
        return client(transport=httpx.MockTransport(gateway), **options)

    monkeypatch.setattr(httpx, "AsyncClient", connected)
    monkeypatch.setattr(ingestion, "POLL_SECONDS", 0)
    monkeypatch.setattr(ingestion, "RATE_LIMIT_SECONDS", 0)
    return gateway


def lore(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def files(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result.stdout)["files"]
    return found


def test_an_address_is_handed_on_with_its_title_and_its_rhythm(gateway: Gateway) -> None:
    result = lore(
        "ingest", "https://a.org", "--title", "Guide", "--refresh-hours", "24", "--json"
    )  # fmt: skip

    [page] = files(result)
    guild = str(LOCAL_GUILD)
    assert result.exit_code == 0
    assert gateway.added == [
        {"guild": guild, "url": "https://a.org", "title": "Guide", "hours": 24}
    ]
    assert (page["url"], page["path"], page["status"]) == ("https://a.org", None, "ready")
    assert (page["pages"], page["chunks"], page["language"], page["rank"]) == (3, 12, "de", 1)


def test_files_and_addresses_are_told_of_in_a_table(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_text("# Guide", encoding="utf-8")

    result = lore("ingest", tmp_path / "guide.md", "https://a.org/page")

    assert result.exit_code == 0
    assert {added.get("content") for added in gateway.added} == {b"# Guide", None}
    for words in ("guide.md", "https://a.org/page", "German", "2 of 2 documents ready, 24"):
        assert words in result.stdout


def test_a_name_that_is_no_text_keeps_no_other_file_out(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("b", encoding="utf-8")

    assert lore("ingest", tmp_path).exit_code == 0

    names = sorted(added["name"].rpartition("/")[2] for added in gateway.added)
    assert names == ["a.txt", "caf\ufffd.txt"]


def test_a_title_goes_with_a_single_file(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_text("# Guide", encoding="utf-8")

    assert lore("ingest", tmp_path / "guide.md", "--title", "The guide").exit_code == 0

    assert gateway.added == [
        {"name": "guide.md", "origin": "cli", "title": "The guide", "content": b"# Guide"}
    ]


def test_what_is_in_the_library_already_is_said_to_be(gateway: Gateway, tmp_path: Path) -> None:
    gateway.known = True
    (tmp_path / "copy.md").write_text("# Guide", encoding="utf-8")

    assert "Already in the library as “Known”" in " ".join(lore("ingest", tmp_path).stdout.split())
    [copy] = files(lore("ingest", tmp_path, "--json"))
    assert (copy["known_as"], copy["status"]) == ("Known", "ready")


def test_many_documents_are_summed_up(gateway: Gateway, tmp_path: Path) -> None:
    for number in range(21):
        (tmp_path / f"{number}.md").write_text(f"# {number}", encoding="utf-8")

    result = lore("ingest", tmp_path)

    assert "21 of 21 documents ready, 252 passages." in result.stdout
    assert "63 pages; languages: German 21; 21 found by their own words" in result.stdout
    assert len(result.stdout.splitlines()) < 5


def test_a_failure_has_its_reason_and_its_exit_status(gateway: Gateway, tmp_path: Path) -> None:
    gateway.outcome = {**STEPS[0], "status": "FAILED", "statusReason": "It is encrypted."}
    (tmp_path / "a.pdf").write_bytes(b"%PDF")

    result = lore("ingest", tmp_path / "a.pdf")

    assert result.exit_code == 1
    assert "a.pdf: It is encrypted." in result.stdout


def test_a_gateway_that_has_enough_is_asked_again(gateway: Gateway) -> None:
    gateway.busy = 3

    assert lore("ingest", "https://a.org").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words", "remark"),
    [
        (["/no/such/file"], "no file or folder", "nothing there"),
        (["https://a.org", "https://b.org", "--title", "x"], "one document", "one title for two"),
        (["https://a.org", "--refresh-hours", "0"], "--refresh-hours", "no interval"),
        ([__file__, "--refresh-hours", "3"], "web addresses", "a file does not change by itself"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    gateway: Gateway, arguments: list[str], words: str, remark: str
) -> None:
    result = lore("ingest", *arguments)

    assert result.exit_code == 2, remark
    assert words in " ".join(result.stderr.split()), remark
    assert gateway.added == []


def packed(**contents: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for name, content in contents.items():
            opened.writestr(name.replace("__", "/"), content)
    return archive.getvalue()


def test_the_library_is_saved_to_a_folder_or_as_one_file(gateway: Gateway, tmp_path: Path) -> None:
    gateway.archive = packed(guide="# Guide", deep__notes="Notes")

    assert "2 files saved" in lore("export", tmp_path / "all.zip").stdout
    assert json.loads(lore("export", tmp_path / "new", "--json").stdout)["files"] == 2

    assert (tmp_path / "all.zip").read_bytes() == gateway.archive
    assert (tmp_path / "new" / "deep" / "notes").read_text(encoding="utf-8") == "Notes"


def test_an_archive_that_points_elsewhere_stays_in_its_folder(
    gateway: Gateway, tmp_path: Path
) -> None:
    gateway.archive = packed(**{"..__..__escaped": "x", "__absolute": "x"})

    assert lore("export", tmp_path / "a" / "b").exit_code == 0

    assert {path.name for path in (tmp_path / "a" / "b").rglob("*")} == {"escaped", "absolute"}
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize(
    ("archive", "status", "remark"),
    [
        (b"", 1, "not a moderator"),
        (packed(guide="x")[:-9], 1, "cut off"),
    ],
)
def test_a_download_that_is_not_whole_leaves_nothing(
    gateway: Gateway, tmp_path: Path, archive: bytes, status: int, remark: str
) -> None:
    gateway.archive = archive

    assert lore("export", tmp_path / "new").exit_code == status, remark
    assert lore("export", tmp_path / "new.zip").exit_code == status, remark
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_is_there_is_overwritten(gateway: Gateway, tmp_path: Path) -> None:
    gateway.archive = packed(guide="x")
    (tmp_path / "old.zip").write_bytes(b"old")

    assert lore("export", tmp_path / "old.zip").exit_code == 2
    assert lore("export", tmp_path).exit_code == 2
    assert (tmp_path / "old.zip").read_bytes() == b"old"
