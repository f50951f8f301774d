import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec

from functions.ingest.parsers.elements import OUT_OF_MEMORY, Element
from functions.ingest.refusals import SENTENCES, ParserFormat, Reason, UnreadableDocumentError
from functions.runtime.errors import UnavailableError

_CHILD: Final = Path(__file__).parent / "parsers" / "child.py"


class ParserLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a parser child may use: bytes and seconds."""

    memory: int = 512 << 20
    processor: int = 30
    # Parsers run at low priority: on a busy machine 30 s of processor time take minutes.
    wall: float = 180.0
    answer: int = 64 << 20


class Frame(msgspec.Struct, frozen=True):
    """One line of the child's answer."""

    ready: bool = False
    done: int = 0
    total: int = 0
    elements: list[Element] = []
    unreadable: list[int] = []
    notices: list[str] = []
    failed: str = ""
    error: str = ""
    finished: bool = False


Receive = Callable[[Frame], Awaitable[None]]
_decoder = msgspec.json.Decoder(Frame)


async def read_document(
    document_bytes: bytes, *, parser: ParserFormat, limits: ParserLimits, receive: Receive
) -> None:
    """Await `receive` with each frame the parser child sends, and leave no process behind.

    Raises UnreadableDocumentError where the document is to blame, UnavailableError where the
    child could not even start.
    """
    process = await _start(parser, limits)
    timer = asyncio.timeout(limits.wall)
    try:
        async with timer:
            await _converse(process, document_bytes, limits, receive)
    except UnreadableDocumentError as error:
        raise UnreadableDocumentError(error.reason, parser=parser) from None
    except TimeoutError:
        # The receiver may time out for reasons of its own.
        if not timer.expired():
            raise
        raise UnreadableDocumentError("too_slow") from None
    finally:
        await _end(process)


async def _start(parser: ParserFormat, limits: ParserLimits) -> Process:
    bounds = json.dumps({"memory": limits.memory, "processor": limits.processor})
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-B",
        str(_CHILD),
        parser,
        bounds,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        cwd="/",
        # Secrets live in this process's environment; a parser gets none of it.
        env={"LC_ALL": "C.UTF-8"},
        start_new_session=True,
        limit=limits.answer,
    )


async def _converse(
    process: Process, document_bytes: bytes, limits: ParserLimits, receive: Receive
) -> None:
    await _feed(process, document_bytes)
    started, received = False, 0
    while line := await _line(process):
        received += len(line)
        if received > limits.answer:
            raise UnreadableDocumentError("too_large")
        frame = _decode(line)
        if frame.failed:
            raise _refusal(frame.failed)
        if frame.finished:
            return
        started = started or frame.ready
        await receive(frame)
    raise _death(await process.wait(), started=started)


async def _feed(process: Process, document_bytes: bytes) -> None:
    if process.stdin is None:
        raise UnavailableError
    # A child that died early closes the pipe; its exit status tells why, below.
    with contextlib.suppress(ConnectionError):
        process.stdin.write(document_bytes)
        await process.stdin.drain()
    process.stdin.close()


async def _line(process: Process) -> bytes:
    if process.stdout is None:
        raise UnavailableError
    try:
        return await process.stdout.readline()
    except ValueError:
        # The stream's word for a line longer than its limit.
        raise UnreadableDocumentError("too_large") from None


def _decode(line: bytes) -> Frame:
    try:
        return _decoder.decode(line)
    except msgspec.MsgspecError:
        raise UnreadableDocumentError("damaged") from None


def _refusal(failed: str) -> UnreadableDocumentError:
    reason: Reason = next((known for known in SENTENCES if known == failed), "damaged")
    return UnreadableDocumentError(reason)


def _death(status: int, *, started: bool) -> Exception:
    """Return why a child ended without an answer; a negative status is a signal's."""
    if not started:
        return UnavailableError("The document parser did not start. Try again in a moment.")
    if status == -signal.SIGXCPU:
        return UnreadableDocumentError("too_slow")
    # Without a limit of its own reached, the kernel kills the largest process when memory ends (a
    # pod ends whole, see knative/base/ingest.yaml); a library in Rust aborts.
    if status in {OUT_OF_MEMORY, -signal.SIGKILL, -signal.SIGABRT}:
        return UnreadableDocumentError("too_large")
    return UnreadableDocumentError("damaged")


async def _end(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
