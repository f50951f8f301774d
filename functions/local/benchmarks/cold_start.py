"""How long the webhook takes from the start of its process to its first 200.

A figure means something only beside another from the same machine and minute, so a bare program
on the same packages runs in turn with it.
"""

import base64
import http.client
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.runtime.discord.signing import Signer
from functions.runtime.errors import LorekeeperError

CHECKOUT = Path(__file__).resolve().parents[3]
PROGRAMS = {
    "discord": "functions.discord",
    "bare": "functions.local.benchmarks.bare_webhook",
}
APPLICATION = 1
PING = json.dumps({"type": 1, "application_id": str(APPLICATION)}).encode()
PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.001


class ColdStartError(LorekeeperError):
    """The webhook did not start. Run `python -m functions.discord` to see why."""

    code = "cold_start"


def measure(runs: int = 10) -> dict[str, Any]:
    """Return milliseconds from process start to the first 200 on a signed PING, per program.

    ``{"runs", "discord": {"median_ms", "minimum_ms", "maximum_ms"}, "bare": {...}, "ratio"}``.
    The first start of each is not counted: it may have to compile what was never imported.
    """
    signer = Signer()
    environment = _environment(signer)
    taken: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(runs + 1):
        for name, module in PROGRAMS.items():
            taken[name].append(_start(module, signer, environment))
    figures = {name: _summary(times[1:]) for name, times in taken.items()}
    ratio = figures["discord"]["median_ms"] / figures["bare"]["median_ms"]
    return {"runs": runs, **figures, "ratio": round(ratio, 2)}


def _summary(times: list[float]) -> dict[str, float]:
    milliseconds = [1000 * seconds for seconds in times]
    return {
        "median_ms": round(statistics.median(milliseconds), 1),
        "minimum_ms": round(min(milliseconds), 1),
        "maximum_ms": round(max(milliseconds), 1),
    }


def _environment(signer: Signer) -> dict[str, str]:
    # Nothing behind these addresses is reached: a PING needs neither database nor broker.
    return {
        "PATH": os.environ.get("PATH", ""),
        "LORE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "LORE_SECRET_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "K_SINK": "http://127.0.0.1:1",
        "DISCORD_APPLICATION_ID": str(APPLICATION),
        "DISCORD_PUBLIC_KEY": signer.public_key,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _start(module: str, signer: Signer, environment: Mapping[str, str]) -> float:
    """Return the seconds that one start takes, and stop it again."""
    port = _free_port()
    headers = signer.sign(PING, timestamp=int(time.time()))
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, "-m", module],
        cwd=CHECKOUT,
        env={**environment, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _answers(port, headers):
            if process.poll() is not None or time.perf_counter() - started > PATIENCE_SECONDS:
                raise ColdStartError
            time.sleep(POLL_SECONDS)
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()


def _answers(port: int, headers: dict[str, str]) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("POST", "/", PING, headers)
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
