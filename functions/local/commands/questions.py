"""``lore questions``: the latest questions, and how the answer to one came about."""

from typing import Any
from uuid import UUID

import click
from rich.markup import escape
from rich.table import Table

from functions.local.commands.ask import QUESTION_FIELDS, print_answer, report
from functions.local.console import out, print_json, run_command
from functions.local.gateway_client import GatewayClient
from functions.local.home import port
from functions.runtime.errors import NotFoundError

MOST = 100
SHOWN_OF_ID = 8
BAR = 24
COLOURS = {"ANSWERED": "green", "REFUSED": "yellow", "FAILED": "red"}
LIST = """query Questions($guild: ID!, $first: Int!) { guild(id: $guild) {
  questions(first: $first) { nodes { id text status stage origin askedAt } } } }"""
SHOW = (
    "query Shown($guild: ID!, $id: ID!) { guild(id: $guild) { question(id: $id) {"
    f" text stage origin askedAt {QUESTION_FIELDS}"
    """ record { model evidence gate leastEvidence leftOut turns rewritten promptVersion
    promptTokens writtenTokens doneReason checkedSentences supportedSentences fallback cachedFrom
    passages { title location score used documentId } } } } }"""
)
FALLBACKS = {
    "NO_MODEL": "no language model was at hand",
    "UNAVAILABLE": "the language model did not answer in time",
    "UNSUPPORTED": "too little of what the model wrote was supported",
    "STOPPED": "somebody stopped it",
    "TOO_LONG": "the model had no room or no time for it",
}
STAGES = {
    "search": "searching",
    "queue": "waiting for the model",
    "first_token": "reading the passages",
    "writing": "writing",
    "checking": "checking",
}


@click.group(invoke_without_command=True)
@click.option("--most", type=click.IntRange(1, MOST), default=20, help="How many to list.")
@click.option("--guild", type=click.IntRange(min=1), help="A Discord server's id.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def questions(context: click.Context, *, most: int, guild: int | None, as_json: bool) -> None:
    """List the latest questions."""
    if context.invoked_subcommand:
        return
    listed = run_command(lambda: _list(most, guild_id=guild), as_json=as_json)
    if as_json:
        print_json({"questions": listed})
    else:
        _print_list(listed)


@questions.command()
@click.argument("question_id", metavar="ID")
@click.option("--guild", type=click.IntRange(min=1), help="A Discord server's id.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(question_id: str, *, guild: int | None, as_json: bool) -> None:
    """Show how the answer to the question ID came about; the first letters of an id will do."""
    shown = run_command(lambda: _show(question_id, guild_id=guild), as_json=as_json)
    if as_json:
        print_json(shown)
    else:
        _print_question(shown)


def _gateway(guild_id: int | None) -> GatewayClient:
    return GatewayClient(f"http://127.0.0.1:{port()}", guild_id=guild_id)


async def _latest(gateway: GatewayClient, most: int) -> list[dict[str, Any]]:
    variables = {"guild": gateway.guild_id, "first": most}
    found: list[dict[str, Any]] = (await gateway.query(LIST, variables))["guild"]["questions"][
        "nodes"
    ]
    return found


async def _list(most: int, *, guild_id: int | None) -> list[dict[str, Any]]:
    async with _gateway(guild_id) as gateway:
        return await _latest(gateway, most)


async def _show(question_id: str, *, guild_id: int | None) -> dict[str, Any]:
    async with _gateway(guild_id) as gateway:
        variables = {"guild": gateway.guild_id, "id": await _whole_id(gateway, question_id)}
        question: dict[str, Any] | None = (await gateway.query(SHOW, variables))["guild"][
            "question"
        ]
    if question is None:
        raise NotFoundError("There is no question of this id here. List them with lore questions.")
    return question


async def _whole_id(gateway: GatewayClient, beginning: str) -> str:
    """Return the id that begins like this, of the latest questions; a whole id as it is."""
    try:
        return str(UUID(beginning))
    except ValueError:
        latest = await _latest(gateway, MOST)
    found = [row["id"] for row in latest if row["id"].startswith(beginning.lower())]
    if len(found) != 1:
        what = "No question" if not found else "More than one question"
        raise NotFoundError(f"{what} of the last {MOST} has an id that begins like this.")
    return str(found[0])


def _print_list(rows: list[dict[str, Any]]) -> None:
    if not rows:
        out.print("Nobody has asked yet. Ask with lore ask.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("id", "asked", "from", "ended", "question"):
        table.add_column(name, header_style="dim", no_wrap=name != "question")
    for row in rows:
        colour, ended = COLOURS.get(row["status"], "dim"), row["status"].lower()
        asked = row["askedAt"][:16].replace("T", " ")
        told = (row["id"][:SHOWN_OF_ID], asked, row["origin"], f"[{colour}]{ended}[/{colour}]")
        table.add_row(*told, escape(row["text"]))
    out.print(table)


def _print_question(question: dict[str, Any]) -> None:
    out.print(f"[bold]{escape(question['text'])}[/bold]\n", soft_wrap=True)
    if question["status"] in COLOURS:
        print_answer(report(question, total_ms=_total(question["timings"])))
    else:
        out.print(f"[dim]not answered yet: {question['stage'].lower()}[/dim]")
    facts = Table.grid(padding=(0, 2))
    for name, value in _facts(question["record"]):
        facts.add_row(f"[dim]{name}[/dim]", escape(value))
    out.print("", facts)
    _print_timings(question["timings"])
    _print_passages(question["record"])


def _total(timings: list[dict[str, Any]]) -> float:
    return sum(taken for _, taken in _stages(timings))


def _stages(timings: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """Return the stages in their order; writing without the reading that is measured within it."""
    taken = {timing["stage"]: float(timing["milliseconds"]) for timing in timings}
    if "writing" in taken:
        taken["writing"] = max(0.0, taken["writing"] - taken.get("first_token", 0.0))
    return [(words, taken[stage]) for stage, words in STAGES.items() if stage in taken]


def _facts(record: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what is known of how an answer came about, in words."""
    fallback = record["fallback"]
    known = [
        ("evidence", _evidence(record)),
        ("heard before", " · ".join(record["turns"])),
        ("looked up as", record["rewritten"]),
        ("model", record["model"]),
        ("prompt", _counted(record["promptVersion"], record["promptTokens"])),
        ("written", _counted(record["doneReason"], record["writtenTokens"])),
        ("checked", _checked(record)),
        ("instead", FALLBACKS.get(fallback, fallback)),
        ("given before to", record["cachedFrom"]),
    ]
    return [(name, value) for name, value in known if value]


def _evidence(record: dict[str, Any]) -> str | None:
    if record["evidence"] is None:
        return None
    least = record["leastEvidence"]
    limit = "" if least is None else f" of at least {least:.2f}"
    gate = f" ({record['gate'].lower()})" if record["gate"] else ""
    return f"{record['evidence']:.2f}{limit}{gate}"


def _counted(what: str | None, tokens: int | None) -> str:
    said = [what] if what else []
    return ", ".join(said if tokens is None else [*said, f"{tokens} tokens"])


def _checked(record: dict[str, Any]) -> str | None:
    if record["checkedSentences"] is None:
        return None
    return f"{record['supportedSentences']} of {record['checkedSentences']} sentences supported"


def _print_timings(timings: list[dict[str, Any]]) -> None:
    """Print each stage with a bar as long as its share of the longest."""
    stages = _stages(timings)
    longest = max((taken for _, taken in stages), default=0) or 1
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    for words, taken in stages:
        bar = "▇" * max(1, round(BAR * taken / longest))
        table.add_row(f"[dim]{words}[/dim]", f"{taken:,.0f} ms", bar)
    if stages:
        out.print("", table)


def _print_passages(record: dict[str, Any]) -> None:
    table = Table.grid(padding=(0, 2))
    for passage in record["passages"]:
        score = "" if passage["score"] is None else f"{passage['score']:.2f}"
        place = f" [dim]— {escape(passage['location'])}[/dim]" if passage["location"] else ""
        used = "[green]used[/green]" if passage["used"] else "[dim]not used[/dim]"
        table.add_row(score, used, f"{escape(passage['title'])}{place}")
    if record["passages"]:
        out.print("", table)
    if record["leftOut"]:
        out.print(f"[dim]{record['leftOut']} more had no room.[/dim]")
