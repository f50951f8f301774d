import asyncio
import json
import signal
import subprocess
import sys

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


def test_what_several_tasks_say_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    async def fail() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(one())

    async def one() -> None:
        raise LorekeeperError("A question is empty.")

    with pytest.raises(SystemExit):
        run_command(fail, as_json=True)
    said = capsys.readouterr()
    assert json.loads(said.out) == {"status": "failed", "reason": "A question is empty."}
    assert "Traceback" not in said.err


def test_what_nobody_foresaw_is_not_hidden() -> None:
    async def fail() -> None:
        raise ExceptionGroup("two", [LorekeeperError("One."), ZeroDivisionError()])

    with pytest.raises(ExceptionGroup):
        run_command(fail, as_json=False)


PROGRAM = """
import asyncio
from functions.local.console import run_command

async def work():
    try:
        print("begun", flush=True)
        await asyncio.sleep(60)
    finally:
        print("cleaned up", flush=True)

run_command(work, as_json=False)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_ended_cleans_up(number: signal.Signals) -> None:
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"begun\n"
        running.send_signal(number)
        said, complained = running.communicate(timeout=30)
    assert said == b"cleaned up\n"
    assert complained == b""
    assert running.returncode == 128 + number
