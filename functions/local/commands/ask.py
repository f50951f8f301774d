"""``lore ask``: a question, its answer as it is written, and where it stands."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import click
from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.text import Text

from functions.local.console import FAILED, err, out, print_json, run_command
from functions.local.gateway_client import GatewayClient
from functions.local.home import port
from functions.runtime.errors import LorekeeperError

PATIENCE_SECONDS = 180
POLL_SECONDS = 0.05
SLOWEST_POLL_SECONDS = 1.0
ENDED = {"ANSWERED", "REFUSED", "FAILED"}
QUESTION_FIELDS = """
  id status answer answerKind failureReason deliveredAt
  citations { number title location url quote }
  timings { stage milliseconds }
"""
ASK = (
    "mutation Ask($guild: ID!, $text: String!) {"
    f' ask(guildId: $guild, text: $text, origin: "cli") {{ {QUESTION_FIELDS} }} }}'
)
QUESTION = (
    "query Question($guild: ID!, $id: ID!) {"
    f" guild(id: $guild) {{ question(id: $id) {{ {QUESTION_FIELDS} }} }} }}"
)

STOP = (
    "mutation Stop($guild: ID!, $id: ID!) { stopQuestion(guildId: $guild, questionId: $id) { id } }"
)
STAGES = {
    "ASKED": "Opening the library …",
    "SEARCHING": "Searching the documents …",
    "QUEUED": "Waiting for the language model …",
    "READING": "Reading the passages …",
    "WRITING": "Writing …",
    "CHECKING": "Checking each sentence against its passage …",
}


@click.command()
@click.argument("question")
@click.option("--guild", type=click.IntRange(min=1), help="A Discord server's id.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def ask(question: str, *, guild: int | None, as_json: bool) -> None:
    """Ask a QUESTION and print the answer with its sources."""
    answered = run_command(
        lambda: _ask(question, guild_id=guild, is_shown=not as_json), as_json=as_json
    )
    if as_json:
        print_json(answered)
    else:
        print_answer(answered)
    raise SystemExit(FAILED if answered["status"] == "failed" else 0)


async def _ask(question: str, *, guild_id: int | None, is_shown: bool) -> dict[str, Any]:
    started = time.perf_counter()
    async with GatewayClient(f"http://127.0.0.1:{port()}", guild_id=guild_id) as gateway:
        variables = {"guild": gateway.guild_id, "text": question}
        # Once it is sent it is asked, whether or not somebody stays to hear so.
        asking = asyncio.create_task(gateway.query(ASK, variables))
        try:
            asked = (await asyncio.shield(asking))["ask"]
            row = await (_follow if is_shown else wait_until_answered)(gateway, asked["id"])
        except asyncio.CancelledError:
            await _stop(gateway, (await asking)["ask"]["id"])
            raise
    total = (time.perf_counter() - started) * 1000
    return report(row, total_ms=total)


async def _follow(gateway: GatewayClient, question_id: str) -> dict[str, Any]:
    """Show how far an answer is until it has ended; return the question as it then is."""
    # The answer itself is printed on stdout; what is seen of it before is taken away again.
    with Live(console=err, transient=True) as live, suppress(LorekeeperError):
        async for words in _steps(gateway, question_id):
            live.update(_progress(words))
    return await wait_until_answered(gateway, question_id)


async def _steps(gateway: GatewayClient, question_id: str) -> AsyncIterator[dict[str, Any]]:
    """Yield how far an answer is; a stream of this ends after a while, to be opened again."""
    path = f"/api/guilds/{gateway.guild_id}/questions/{question_id}/events"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        async for kind, words in gateway.events(path):
            if kind == "ended":
                return
            yield words


def _progress(words: dict[str, Any]) -> Group:
    stage = STAGES.get(words["stage"], "…")
    if words["stage"] == "QUEUED" and words["place"] is not None:
        stage = f"In line: {words['place']} ahead of yours …"
    spinner = Spinner("dots", Text(stage, style="dim"))
    return Group(Text(f"{words['partial']}\n"), spinner) if words["partial"] else Group(spinner)


async def _stop(gateway: GatewayClient, question_id: str) -> None:
    """Stop an answer that nobody waits for any more."""
    with suppress(LorekeeperError):
        await gateway.query(STOP, {"guild": gateway.guild_id, "id": question_id})
        err.print("[yellow]■[/yellow] Stopped. What was written by then is on the dashboard.")


async def wait_until_answered(gateway: GatewayClient, question_id: str) -> dict[str, Any]:
    """Return a question of ours once it has ended and was delivered."""
    return await wait_until(gateway, QUESTION, question_id, field="question")


async def _nothing() -> None:
    """Do nothing meanwhile."""


async def wait_until(
    gateway: GatewayClient,
    document: str,
    row_id: str,
    *,
    field: str,
    meanwhile: Callable[[], Awaitable[None]] = _nothing,
) -> dict[str, Any]:
    """Ask for a question until it has ended and was delivered."""
    variables = {"guild": gateway.guild_id, "id": row_id}
    deadline, pause = time.monotonic() + PATIENCE_SECONDS, POLL_SECONDS
    while time.monotonic() < deadline:
        row = (await gateway.query(document, variables))["guild"][field]
        if row and row["status"] in ENDED and row["deliveredAt"]:
            return dict(row)
        await meanwhile()
        await asyncio.sleep(pause)
        pause = min(pause * 1.2, SLOWEST_POLL_SECONDS)
    raise LorekeeperError(
        "The answer takes longer than three minutes. It will appear on the dashboard."
    )


def report(row: dict[str, Any], *, total_ms: float) -> dict[str, Any]:
    """Return what ``--json`` prints about a question."""
    timings = {timing["stage"]: timing["milliseconds"] for timing in row["timings"]}
    fields = ("number", "title", "location", "url", "quote")
    return {
        "status": row["status"].lower(),
        "answer": row["answer"] or row["failureReason"] or "",
        "kind": (row["answerKind"] or "").lower() or None,
        "citations": [{name: source[name] for name in fields} for source in row["citations"]],
        "timings_ms": {**timings, "total": round(total_ms, 1)},
    }


def print_answer(answered: dict[str, Any]) -> None:
    """Print an answer for people."""
    colour = {"answered": "green", "refused": "yellow", "failed": "red"}[answered["status"]]
    _line(f"[{colour}]●[/{colour}] {escape(answered['answer'])}\n")
    for source in answered["citations"]:
        place = f" — {escape(source['location'])}" if source["location"] else ""
        _line(f"  [bold]\\[{source['number']}][/bold] {escape(source['title'])}{place}")
        if source["url"]:
            _line(f"      [dim]{escape(source['url'])}[/dim]")
    seconds = answered["timings_ms"]["total"] / 1000
    kind = " · quoted from the documents" if answered["kind"] == "extractive" else ""
    out.print(f"\n[dim]{seconds:.2f} s{kind}[/dim]")


def _line(text: str) -> None:
    """Print a line for the terminal to wrap: an address that is cut cannot be followed."""
    out.print(text, soft_wrap=True)
