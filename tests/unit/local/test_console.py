import pytest

from functions.local.console import run_command
from functions.runtime.errors import LorekeeperError


def test_an_error_may_name_a_file_that_looks_like_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def fail() -> None:
        raise LorekeeperError("notes[/draft].md cannot be read.")

    with pytest.raises(SystemExit):
        run_command(fail, as_json=False)
    assert "notes[/draft].md cannot be read." in capsys.readouterr().err
