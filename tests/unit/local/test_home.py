import base64
import stat
from pathlib import Path

import pytest

from functions.local.home import AlreadyRunningError, Home, UsageError, port
from functions.local.sources import Source, find_files, refuse_same_names


def test_keys_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    keys = home.secrets()
    assert home.secrets() == keys
    assert len(base64.b64decode(keys["secret_key"])) == 32
    assert stat.S_IMODE(home.secrets_file.stat().st_mode) == 0o600


def test_a_second_system_on_the_same_data_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.locked(), pytest.raises(AlreadyRunningError), Home(tmp_path).locked():
        pytest.fail("two systems hold the same data")
    with home.locked():
        assert home.folder == tmp_path


def test_a_home_with_a_space_in_its_path_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="LORE_HOME"):
        Home(tmp_path / "my data").prepare()


@pytest.mark.parametrize("given", ["0", "65536", "http", "-1", "80 80"])
def test_a_port_that_is_none_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LORE_PORT", given)
    with pytest.raises(UsageError, match="LORE_PORT"):
        port()


@pytest.mark.parametrize(("given", "meant"), [("", 8080), ("  ", 8080), ("9000", 9000)])
def test_the_port_is_8080_unless_set(
    given: str, meant: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LORE_PORT", given)
    assert port() == meant


def test_folders_are_read_whole_except_for_what_is_hidden(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    for name in ("a.md", "deep/b.txt", ".hidden", ".git/config"):
        (rules / name).parent.mkdir(parents=True, exist_ok=True)
        (rules / name).write_text("text", encoding="utf-8")
    single = tmp_path / "single.txt"
    single.write_text("text", encoding="utf-8")
    names = [name for _, name in find_files((rules, single))]
    assert names == ["rules/a.md", "rules/deep/b.txt", "single.txt"]


def test_the_data_is_closed_to_everybody_else(tmp_path: Path) -> None:
    home = Home(tmp_path / "data")
    home.prepare()
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700


def test_files_that_would_share_a_name_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    paths = (tmp_path / "a" / "x.md", tmp_path / "b" / "x.md")
    uploads = [Source(path=path, name=path.name) for path in paths]
    with pytest.raises(UsageError, match=r"both be called x\.md"):
        refuse_same_names(uploads)
    refuse_same_names([*uploads[:1], *uploads[:1]])
