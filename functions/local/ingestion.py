"""Send documents to the running gateway and follow each to its end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from rich.markup import escape
from rich.progress import Progress, TaskID

from functions.local.gateway_client import GatewayClient
from functions.local.sources import Source
from functions.runtime.errors import LorekeeperError, RateLimitedError

UPLOADS_AT_ONCE = 4
# The gateway takes at most fifteen aliases in one query.
WATCHED_AT_ONCE = 15
SHOWN_AT_ONCE = 4
SHOWN_NAME = 32
POLL_SECONDS = 0.25
RATE_LIMIT_SECONDS = 2.0
ADD_ADDRESS = (
    "mutation Add($guild: ID!, $url: String!, $title: String, $hours: Int) {"
    " addAddress(guildId: $guild, url: $url, title: $title, refreshHours: $hours) { id } }"
)
SET_TAGS = (
    "mutation Tag($guild: ID!, $document: ID!, $tags: [String!]!) {"
    " setTags(guildId: $guild, documentId: $document, tags: $tags) { id } }"
)
STATE = (
    "fragment State on Document {"
    " status statusReason pages passageCount language probeRank progress { stage done total } }"
)
Answer = TypeVar("Answer")


async def send_all(
    gateway: GatewayClient,
    sources: list[Source],
    bars: Progress,
    *,
    refresh_hours: int | None,
    tags: Sequence[str] = (),
) -> None:
    """Hand every source to the gateway; one it does not take has failed."""
    bar = bars.add_task("Sending ", total=len(sources))
    slots = asyncio.Semaphore(UPLOADS_AT_ONCE)

    async def one(source: Source) -> None:
        async with slots:
            try:
                await _send(gateway, source, refresh_hours=refresh_hours)
                if tags:
                    await _tag(gateway, source, tags)
            except (OSError, LorekeeperError) as error:
                source.status, source.reason = "failed", str(error)
        bars.advance(bar)

    await asyncio.gather(*(one(source) for source in sources))


async def _send(gateway: GatewayClient, source: Source, *, refresh_hours: int | None) -> None:
    if source.path is None:
        values = {
            "guild": gateway.guild_id,
            "url": source.url,
            "title": source.title,
            "hours": refresh_hours,
        }
        answer = await patiently(lambda: gateway.query(ADD_ADDRESS, values))
        source.document_id = answer["addAddress"]["id"]
        return
    content = await asyncio.to_thread(source.path.read_bytes)
    path = f"/api/guilds/{gateway.guild_id}/documents"
    params = {"name": source.name, "origin": "cli"}
    if source.title:
        params["title"] = source.title
    answer, is_new = await patiently(lambda: gateway.put(path, params=params, content=content))
    source.document_id = answer["documentId"]
    source.known_as = None if is_new else answer.get("title", source.name)


async def _tag(gateway: GatewayClient, source: Source, tags: Sequence[str]) -> None:
    values = {"guild": gateway.guild_id, "document": source.document_id, "tags": list(tags)}
    await patiently(lambda: gateway.query(SET_TAGS, values))


async def patiently(send: Callable[[], Awaitable[Answer]]) -> Answer:
    """Send a request; where that was too much at once, wait and send it again."""
    while True:
        try:
            return await send()
        except RateLimitedError:
            await asyncio.sleep(RATE_LIMIT_SECONDS)


async def watch_all(gateway: GatewayClient, sources: list[Source], bars: Progress) -> None:
    """Follow every document until it has ended, each with a bar of its own while it is read."""
    bar = bars.add_task("Ingesting ", total=len(sources))
    shown: dict[str, TaskID] = {}
    while pending := [source for source in sources if not source.ended]:
        bars.update(bar, completed=len(sources) - len(pending))
        # Documents are taken in about the order they came: the first few end first.
        watched = pending[:WATCHED_AT_ONCE]
        await patiently(partial(_refresh, gateway, watched))
        _show(bars, shown, watched)
        if not any(source.ended for source in watched):
            await asyncio.sleep(POLL_SECONDS)
    bars.update(bar, completed=len(sources))


def _show(bars: Progress, shown: dict[str, TaskID], watched: list[Source]) -> None:
    """Keep a bar for each of the first few documents at work."""
    at_work = {
        source.document_id or source.name: source
        for source in watched
        if source.status == "processing"
    }
    for gone in set(shown) - set(at_work):
        bars.remove_task(shown.pop(gone))
    for key, source in list(at_work.items())[:SHOWN_AT_ONCE]:
        words = f"  {escape(source.name[-SHOWN_NAME:])}: {source.step}"
        if key not in shown:
            shown[key] = bars.add_task(words)
        # A stage that counts nothing shows that something moves.
        bars.update(
            shown[key], description=words, completed=source.done, total=source.total or None
        )


async def _refresh(gateway: GatewayClient, sources: list[Source]) -> None:
    aliases = " ".join(
        f'd{index}: document(id: "{source.document_id}") {{ ...State }}'
        for index, source in enumerate(sources)
    )
    answer: dict[str, Any] = await gateway.query(
        f"query Watch($guild: ID!) {{ guild(id: $guild) {{ {aliases} }} }} {STATE}",
        {"guild": gateway.guild_id},
    )
    for index, source in enumerate(sources):
        source.read(answer["guild"][f"d{index}"])
