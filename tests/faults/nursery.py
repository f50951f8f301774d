"""Starts the system in milliseconds: a process with everything imported that forks on demand.

Reads one JSON line per order on stdin, ``{"start": plan}`` or ``{"poll": pid}``, and answers with
one. Nothing is open before the fork: importing opens nothing.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import msgspec

from tests.faults.child import live
from tests.faults.plans import Plan


def main() -> None:
    """Obey until the end of stdin, then end every child."""
    children: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            plan = msgspec.convert(order["start"], Plan)
            children.add(pid := _born(plan))
            answer: dict[str, Any] = {"pid": pid}
        else:
            answer = {"status": _status(order["poll"], children)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _status(pid: int, children: set[int]) -> int | None:
    """Return how a child ended, negative for a signal; None while it lives."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended:
        return None
    children.discard(pid)
    return os.waitstatus_to_exitcode(status)


def _born(plan: Plan) -> int:
    if pid := os.fork():
        return pid
    # The child must never answer for its parent, nor run what comes after the loop there.
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        asyncio.run(live(plan))
    except BaseException:  # noqa: BLE001 -- the log is the only place left to tell
        with Path(plan.log).open("a", encoding="utf-8") as log:
            traceback.print_exc(file=log)
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
