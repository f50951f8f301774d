import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from functions.ingest.parser_process import Frame, ParserLimits, read_document
from functions.ingest.refusals import ParserFormat, UnreadableDocumentError
from functions.runtime.errors import UnavailableError

MakePdf = Callable[[Sequence[str]], bytes]
Children = list[asyncio.subprocess.Process]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Children:
    """Every process started during the test."""
    started: Children = []
    start = asyncio.create_subprocess_exec

    async def spy(*arguments: Any, **options: Any) -> asyncio.subprocess.Process:
        started.append(await start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", spy)
    return started


async def reason_of(document: bytes, *, parser: ParserFormat, limits: ParserLimits) -> str:
    async def receive(_: Frame) -> None: ...

    with pytest.raises(UnreadableDocumentError) as refusal:
        await read_document(document, parser=parser, limits=limits, receive=receive)
    return refusal.value.reason


async def test_a_child_over_its_processor_time_is_too_slow(make_pdf: MakePdf) -> None:
    endless = make_pdf(["word " * 50] * 5000)

    reason = await reason_of(endless, parser="pdf", limits=ParserLimits(processor=1))

    assert reason == "too_slow"


async def test_a_child_over_the_wall_clock_is_too_slow_and_killed(
    make_pdf: MakePdf, children: Children
) -> None:
    reason = await reason_of(make_pdf(["x"]), parser="pdf", limits=ParserLimits(wall=0.001))

    assert reason == "too_slow"
    assert [child.returncode for child in children] == [-signal.SIGKILL]


@pytest.mark.parametrize(
    "limits",
    [
        ParserLimits(answer=100_000),  # one line too long
        ParserLimits(memory=48 << 20),  # no room to parse in
    ],
)
async def test_a_child_over_its_space_is_too_large(limits: ParserLimits) -> None:
    document = b"- a *long* list\n" * 10_000

    assert await reason_of(document, parser="markdown", limits=limits) == "too_large"


async def test_a_child_that_cannot_start_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    async def receive(_: Frame) -> None: ...

    with pytest.raises(UnavailableError, match="did not start"):
        await read_document(b"x", parser="pdf", limits=ParserLimits(), receive=receive)


async def test_cancelling_leaves_no_child_behind(make_pdf: MakePdf, children: Children) -> None:
    begun = asyncio.Event()

    async def receive(_: Frame) -> None:
        begun.set()

    document = make_pdf(["word " * 50] * 5000)
    reading = asyncio.create_task(
        read_document(document, parser="pdf", limits=ParserLimits(), receive=receive)
    )
    await begun.wait()
    assert [child.returncode for child in children] == [None]
    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    assert [child.returncode for child in children] == [-signal.SIGKILL]


async def test_a_receivers_own_timeout_is_not_the_documents_fault(make_pdf: MakePdf) -> None:
    async def receive(_: Frame) -> None:
        raise TimeoutError("the database is slow")

    with pytest.raises(TimeoutError, match="database"):
        await read_document(make_pdf(["x"]), parser="pdf", limits=ParserLimits(), receive=receive)


def confined(code: str) -> "subprocess.CompletedProcess[str]":
    """Run code as a parser child would, after it gave up its rights."""
    limits = json.dumps({"memory": 256 << 20, "processor": 2})
    program = (
        f"import sys; sys.path.append({str(ROOT)!r})\n"
        "import ctypes, os, socket, subprocess, pickle, json\n"
        "library = ctypes.CDLL(None)\n"
        "from functions.ingest.parsers.sandbox import confine\n"
        f"confine(json.loads({limits!r}))\n" + code
    )
    return subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("socket.socket()", "PermissionError"),
        ("socket.create_connection(('127.0.0.1', 80))", "PermissionError"),
        ("socket.getaddrinfo('example.org', 80)", "PermissionError"),
        ("subprocess.run(['/bin/true'])", "PermissionError"),
        ("os.system('true')", "PermissionError"),
        ("os.fork()", "PermissionError"),
        ("os.execv('/bin/true', ['true'])", "PermissionError"),
        ("open('/proc/self/environ')", "PermissionError"),
        ("open('/etc/passwd')", "PermissionError"),
        ("os.open('/etc/passwd', os.O_RDONLY)", "PermissionError"),
        ("open(os.path.join(os.path.dirname(os.__file__), 'x'), 'w')", "PermissionError"),
        ("pickle.loads(b'cos\\nsystem\\n.')", "PermissionError"),
        ("bytearray(1 << 30)", "MemoryError"),
    ],
)
def test_a_confined_process_is_refused(code: str, error: str) -> None:
    result = confined(code)

    assert result.returncode == 1
    assert error in result.stderr


def test_a_confined_process_still_imports_modules() -> None:
    result = confined("import xml.dom.minidom, csv; print('done')")

    assert result.stdout == "done\n", result.stderr


def landlock() -> bool:
    return sys.platform == "linux" and bool(ctypes.CDLL(None).syscall(444, None, 0, 1) > 0)


@pytest.mark.skipif(not landlock(), reason="this kernel has no Landlock")
@pytest.mark.parametrize(
    ("path", "opened"),
    [
        ("/etc/passwd", False),
        ("/proc/self/environ", False),
        ("/", False),
        (os.__file__, True),  # modules are read late
    ],
)
def test_native_code_opens_modules_only(path: str, opened: bool) -> None:  # noqa: FBT001
    result = confined(f"print(library.open({path.encode()!r}, 0) >= 0)")

    assert result.stdout == f"{opened}\n", result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads another process's /proc entry")
async def test_a_child_sees_no_secrets(
    monkeypatch: pytest.MonkeyPatch, make_pdf: MakePdf, children: Children
) -> None:
    monkeypatch.setenv("LORE_SECRET_KEY", "canary")
    seen: list[bytes] = []

    async def receive(frame: Frame) -> None:
        if frame.ready:
            environment = Path(f"/proc/{children[0].pid}/environ")
            seen.append(await asyncio.to_thread(environment.read_bytes))

    await read_document(make_pdf(["x"]), parser="pdf", limits=ParserLimits(), receive=receive)

    assert seen == [b"LC_ALL=C.UTF-8\0"]
