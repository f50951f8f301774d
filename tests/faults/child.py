"""The system under test: the laptop's composition, in a process made to be killed."""

import asyncio
import base64
import hashlib
import json
import logging
import os
import random
import signal
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import uvicorn

from functions.local import system
from functions.local.simulator import SIMULATED_APPLICATION, SIMULATOR_API
from functions.runtime import leases
from functions.runtime.discord.signing import MANAGE_GUILD, Caller, Signer, Upload, slash_command
from functions.runtime.embedder.protocol import EmbeddingModel, Vectors
from functions.runtime.embedder.twin import HashEmbedder
from functions.runtime.events import DOCUMENT_UPLOADED, EventPublisher
from functions.runtime.logs import JsonFormatter
from functions.runtime.settings import LOCAL_GUILD, Settings
from functions.search import service as search_service
from tests.faults.boundaries import watch_commits
from tests.faults.corpus import DEADLY, FLAKY, HOPELESS
from tests.faults.plans import APPLICATION, APPLICATION_SEED, Moment, Plan

SECRET = base64.b64encode(bytes(range(32))).decode()
SWEEP = f"http://{system.cluster_host('sweep')}/"
AT_ONCE = 8
GATHERING_SECONDS = 0.3


class Moody(HashEmbedder):
    """Embeds; but some words kill its process, some never work, some not at the first attempt."""

    def __init__(self, plan: Plan) -> None:
        self._slowness = plan.slowness
        self._healed = plan.healed
        # Remembered across lives: what fails at first must not fail at first for ever.
        self._failed = Path(plan.log).parent

    async def embed_passages(self, texts: Sequence[str], **options: Any) -> Vectors:
        if self._slowness:
            await asyncio.sleep(self._slowness)
        for text in () if self._healed else texts:
            if DEADLY in text:
                die()
            if HOPELESS in text or (FLAKY in text and self._fails_first(text)):
                raise RuntimeError("out of memory")
        return await super().embed_passages(texts, **options)

    def _fails_first(self, text: str) -> bool:
        mark = self._failed / f"failed-{hashlib.sha256(text.encode()).hexdigest()}"
        known = mark.exists()
        mark.touch()
        return not known


def die() -> None:
    """End as a power cut would: nothing is flushed, nothing is told."""
    os.kill(os.getpid(), signal.SIGKILL)


async def live(plan: Plan) -> None:
    """Run the system until somebody ends the process."""
    _log_to(plan)
    _prepare(plan)
    listener = _listen(plan.port)
    signer = Signer(bytes(32))
    manifests = Path(plan.manifests)
    async with system.running(
        _settings(plan, signer), embedder=_embedder(plan), manifests_path=manifests
    ) as running:
        others = asyncio.create_task(_be_used(plan, running, signer))
        config = uvicorn.Config(running.app, log_config=None, access_log=False, lifespan="off")
        await uvicorn.Server(config).serve(sockets=[listener])
        await others


def _settings(plan: Plan, signer: Signer) -> Settings:
    settings = Settings(
        environment="development",
        database_url=plan.database_url,
        secret_key=SECRET,
        event_sink=system.SINK,
        simulator=signer.simulator(application_id=SIMULATED_APPLICATION, api_url=SIMULATOR_API),
    )
    if plan.discord_url is None:
        return settings
    return msgspec.structs.replace(
        settings,
        discord_application_id=APPLICATION,
        discord_public_key=Signer(APPLICATION_SEED).public_key,
        discord_api_url=plan.discord_url,
        ollama_host=plan.ollama_host,
    )


async def _be_used(plan: Plan, running: system.System, signer: Signer) -> None:
    """Be the clock, a broker with a broken event, and a moderator in Discord."""
    await _say(running.http, system.SINK, kind=DOCUMENT_UPLOADED)
    # The clock's first tick would come within a second; nobody wants to wait that long.
    await _say(running.http, SWEEP, kind="tick")
    if plan.moderator:
        await _add_in_discord(running, signer)


async def _add_in_discord(running: system.System, signer: Signer) -> None:
    # It fails at first: every life has something to give back.
    content = f"# Attached\n\nThe moderator's note {uuid4()}, {FLAKY}.".encode()
    url = running.twin.attach("attached.md", content)
    command = slash_command(
        "kb add",
        {"file": Upload(name="attached.md", size=len(content), url=url)},
        application_id=SIMULATED_APPLICATION,
        caller=Caller(guild_id=LOCAL_GUILD, permissions=MANAGE_GUILD),
    )
    running.twin.announce(command["token"], application_id=SIMULATED_APPLICATION)
    raw = json.dumps(command).encode()
    headers = signer.sign(raw, timestamp=int(time.time()))
    transport = httpx.ASGITransport(running.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        await http.post("/interactions", content=raw, headers=headers)
    running.twin.acknowledge(command["token"])


def _log_to(plan: Plan) -> None:
    handler = logging.FileHandler(plan.log, encoding="utf-8")
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _embedder(plan: Plan) -> EmbeddingModel:
    if plan.embedder == "twin":
        return Moody(plan)
    from functions.local.home import models_path  # noqa: PLC0415 -- the twin needs no engine
    from functions.runtime.embedder.embedder import Embedder  # noqa: PLC0415

    return Embedder.open(models_path() / "multilingual-e5-small")


def _prepare(plan: Plan) -> None:
    """Change in this process what a plan wants otherwise."""
    vars(leases).update(LEASE_SECONDS=plan.lease, RENEWAL_SECONDS=plan.renewal)
    if plan.ollama_host:
        # Evidence is calibrated for real vectors; here every question is worth an answer.
        vars(search_service).update(evidence=lambda *_, **__: 1.0)
    if plan.drop:
        _lose(plan)
    if plan.copies > 1:
        vars(system).update(_concurrency=lambda manifests, name: AT_ONCE)  # noqa: ARG005
        _multiply(plan)
    if plan.boundary or plan.record:
        watch_commits(_witness(plan))


def _witness(plan: Plan) -> Callable[[str, Moment], None]:
    counts: dict[tuple[str, Moment], int] = {}
    wanted = plan.boundary

    def reached(caller: str, moment: Moment) -> None:
        counts[caller, moment] = counts.get((caller, moment), 0) + 1
        if plan.record:
            with Path(plan.record).open("a", encoding="utf-8") as record:
                record.write(f"{caller} {moment}\n")
        if (
            wanted
            and (wanted.caller, wanted.moment) == (caller, moment)
            and counts[caller, moment] >= wanted.nth
        ):
            die()

    return reached


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


async def _say(http: httpx.AsyncClient, url: str, *, kind: str) -> None:
    """Post an event about nothing: to the sweep a tick, to ingestion one it must refuse."""
    await http.post(url, headers=_headers(kind, str(uuid4()), "/lorekeeper/faults"), json={})


def _headers(kind: str, event_id: str, source: str) -> dict[str, str]:
    return {"ce-specversion": "1.0", "ce-id": event_id, "ce-source": source, "ce-type": kind}


def _lose(plan: Plan) -> None:
    """Lose a share of the events that announce a row; those of the sweep arrive."""
    choice = random.Random(plan.seed)  # noqa: S311 -- repeatable, not secret
    original = EventPublisher.publish

    async def publish(publisher: EventPublisher, kind: str, **event: Any) -> bool:
        if not event.get("again") and choice.random() < plan.drop:
            return True
        return await original(publisher, kind, **event)

    setattr(EventPublisher, "publish", publish)  # noqa: B010 -- mypy forbids the plain form


def _multiply(plan: Plan) -> None:
    """Deliver each event ``plan.copies`` times: gathered, shuffled, eight at once."""
    choice = random.Random(plan.seed)  # noqa: S311 -- repeatable, not secret
    waiting: list[tuple[EventPublisher, str, dict[str, Any], str]] = []
    storms: set[asyncio.Task[None]] = set()

    async def storm() -> None:
        await asyncio.sleep(GATHERING_SECONDS)
        events = [event for event in waiting for _ in range(plan.copies)]
        waiting.clear()
        choice.shuffle(events)
        slots = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(send(slots, index, *event) for index, event in enumerate(events)))

    async def send(
        slots: asyncio.Semaphore, index: int, publisher: EventPublisher, *event: Any
    ) -> None:
        kind, data, event_id = event
        source = "/lorekeeper/other" if index % 5 == 0 else publisher._source
        async with slots:
            url = f"http://{system.cluster_host('ingest')}/"
            headers = _headers(kind, event_id, source)
            await publisher._http.post(url, headers=headers, json=data)

    async def publish(
        publisher: EventPublisher, kind: str, *, row_id: Any, name: str, again: bool = False
    ) -> bool:
        event_id = str(uuid4() if again else row_id)
        waiting.append((publisher, kind, {name: str(row_id)}, event_id))
        if len(waiting) == 1:
            task = asyncio.create_task(storm())
            storms.add(task)
            task.add_done_callback(storms.discard)
        return True

    setattr(EventPublisher, "publish", publish)  # noqa: B010 -- mypy forbids the plain form
