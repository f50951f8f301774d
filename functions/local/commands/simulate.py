"""``lore simulate``: plays Discord's part, from the signed command to what a member sees."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from rich.live import Live
from rich.markdown import Markdown
from rich.markup import escape
from rich.panel import Panel

from functions.discord.commands import ADD_MESSAGE
from functions.local.commands.ask import PATIENCE_SECONDS, QUESTION_FIELDS, report, wait_until
from functions.local.console import FAILED, err, out, print_json, run_command
from functions.local.gateway_client import GatewayClient
from functions.local.home import Home, port
from functions.local.simulator import SIMULATED_APPLICATION, simulator_signer
from functions.runtime.discord.signing import (
    MANAGE_GUILD,
    Caller,
    Upload,
    button_press,
    message_command,
    slash_command,
)
from functions.runtime.errors import LorekeeperError

DEFERRED, UPDATED = 5, 7
Result = dict[str, Any]
BY_INTERACTION = (
    "query ByInteraction($guild: ID!, $id: ID!) { guild(id: $guild) {"
    f" questionByInteraction(interactionId: $id) {{ {QUESTION_FIELDS} }} }} }}"
)
# How a message about a document begins while there is more to come.
UNFINISHED = "⏳"
POLL_SECONDS = 0.25
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def simulate() -> None:
    """Play Discord's part, without Discord."""


@simulate.command()
@click.argument("question")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def ask(question: str, *, as_json: bool) -> None:
    """Send /ask with a QUESTION and show what a member would see."""
    answered = run_command(lambda: _ask(question), as_json=as_json)
    if as_json:
        print_json(answered)
    else:
        _print(f"/ask question: {question}", answered)
    raise SystemExit(FAILED if answered["status"] == "failed" else 0)


@simulate.group()
def kb() -> None:
    """Play the moderator's commands."""


@kb.command()
@click.argument("file", required=False, type=FILE)
@click.option("--url", help="Instead of a file: the address of a page.")
@click.option("--title", help="What to call the document.")
@click.option("--retry", is_flag=True, help="Press “Try again” where it fails.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def add(
    file: Path | None, *, url: str | None, title: str | None, retry: bool, as_json: bool
) -> None:
    """Send /kb add with a FILE or an address and show how it goes."""

    async def call(member: Member) -> dict[str, Any]:
        given = {"file": await member.attach(file) if file else None, "url": url, "title": title}
        options = {name: value for name, value in given.items() if value is not None}
        return await member.command("kb add", options)

    shown = {"file": file and file.name, "url": url, "title": title}
    words = " ".join(f"{name}: {value}" for name, value in shown.items() if value)
    _play(call, f"/kb add {words}", as_json=as_json, retry=retry)


@simulate.command()
@click.argument("text")
@click.option("--file", "files", multiple=True, type=FILE, help="A file sent with the message.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def message(text: str, *, files: tuple[Path, ...], as_json: bool) -> None:
    """Choose "Add to knowledge base" on a message of this TEXT and show how it goes."""

    async def call(member: Member) -> dict[str, Any]:
        attached = [await member.attach(file) for file in files]
        return await member.on_message(ADD_MESSAGE["name"], text, attached)

    _play(call, f"Apps › {ADD_MESSAGE['name']}", as_json=as_json)


def _play(
    call: Callable[["Member"], Awaitable[Result]],
    command: str,
    *,
    as_json: bool,
    retry: bool = False,
) -> None:
    added = run_command(lambda: _add(call, retry=retry), as_json=as_json)
    if as_json:
        print_json(added)
    else:
        _print(command, added)
    raise SystemExit(0 if added["status"] == "ready" else FAILED)


async def _add(call: Callable[["Member"], Awaitable[Result]], *, retry: bool) -> Result:
    async with GatewayClient(f"http://127.0.0.1:{port()}") as gateway:
        member = Member(gateway, guild_id=int(gateway.guild_id), permissions=MANAGE_GUILD)
        started = time.perf_counter()
        interaction = await call(member)
        if interaction["reply"]["type"] != DEFERRED:
            return _told(interaction)
        with err.status("Lorekeeper is reading …"):
            messages = await member.watch(interaction["token"])
            messages += await member.try_again(messages[-1]) if retry else []
    content = messages[-1]["content"]
    return {
        "status": "ready" if content.startswith("✅") else "failed",
        "answer": content,
        "timings_ms": {"total": round((time.perf_counter() - started) * 1000, 1)},
        "acknowledged_ms": interaction["acknowledged_ms"],
        "messages": messages,
    }


async def _ask(question: str) -> dict[str, Any]:
    async with GatewayClient(f"http://127.0.0.1:{port()}") as gateway:
        member = Member(gateway, guild_id=int(gateway.guild_id))
        started = time.perf_counter()
        interaction = await member.command("ask", {"question": question})
        if interaction["reply"]["type"] != DEFERRED:
            return _told(interaction)
        with Live(_panel("Lorekeeper is thinking …"), console=err, transient=True) as live:

            async def show() -> None:
                if messages := await member.messages(interaction["token"]):
                    live.update(_panel(messages[-1].get("content", "")))

            row = await wait_until(
                gateway,
                BY_INTERACTION,
                interaction["id"],
                field="questionByInteraction",
                meanwhile=show,
            )
        total = (time.perf_counter() - started) * 1000
        return {
            **report(row, total_ms=total),
            "acknowledged_ms": interaction["acknowledged_ms"],
            "messages": await member.messages(interaction["token"]),
        }


def _told(interaction: dict[str, Any]) -> dict[str, Any]:
    """Return an outcome where the webhook answered at once, with a notice."""
    data = interaction["reply"].get("data", {})
    return {
        "status": "failed",
        "answer": data.get("content", ""),
        "kind": None,
        "citations": [],
        "timings_ms": {},
        "acknowledged_ms": interaction["acknowledged_ms"],
        "messages": [data],
    }


class Member:
    """A simulated member of a guild: types commands and reads the replies."""

    def __init__(self, gateway: GatewayClient, *, guild_id: int, permissions: int = 0) -> None:
        self._gateway = gateway
        self._signer = simulator_signer(Home.from_environment())
        self._caller = Caller(guild_id=guild_id, permissions=permissions)

    async def command(
        self, command: str, options: Mapping[str, str | float | Upload]
    ) -> dict[str, Any]:
        """Type a slash command."""
        return await self._send(
            slash_command(
                command, options, application_id=SIMULATED_APPLICATION, caller=self._caller
            )
        )

    async def on_message(self, command: str, text: str, files: list[Upload]) -> dict[str, Any]:
        """Call a command on a message of this text, with these files."""
        return await self._send(
            message_command(
                command, text, files, application_id=SIMULATED_APPLICATION, caller=self._caller
            )
        )

    async def try_again(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """Press the first button under a message, if it has one; return what comes of it."""
        buttons = [button for row in message.get("components", []) for button in row["components"]]
        if not buttons:
            return []
        pressed = await self._send(
            button_press(
                buttons[0]["custom_id"], application_id=SIMULATED_APPLICATION, caller=self._caller
            )
        )
        shown = [pressed["reply"].get("data", {})]
        if pressed["reply"]["type"] != UPDATED:
            return shown
        return shown + await self.watch(pressed["token"])

    async def _send(self, interaction: dict[str, Any]) -> dict[str, Any]:
        """Post a signed interaction as Discord does, and acknowledge its first answer."""
        token = interaction["token"]
        announcement = {"token": token, "application_id": SIMULATED_APPLICATION}
        await self._gateway.send("POST", "/simulator/interactions", json=announcement)
        raw = json.dumps(interaction).encode()
        headers = self._signer.sign(raw, timestamp=int(time.time()))
        started = time.perf_counter()
        reply = await self._gateway.send("POST", "/interactions", content=raw, headers=headers)
        acknowledged = (time.perf_counter() - started) * 1000
        await self._gateway.send("POST", f"/simulator/interactions/{token}/acknowledged")
        return {
            "id": interaction["id"],
            "token": token,
            "reply": reply,
            "acknowledged_ms": round(acknowledged, 1),
        }

    async def messages(self, token: str) -> list[dict[str, Any]]:
        """Return every payload that Discord got for an interaction, in order."""
        answer = await self._gateway.send("GET", f"/simulator/interactions/{token}")
        messages: list[dict[str, Any]] = answer["messages"]
        return messages

    async def watch(self, token: str) -> list[dict[str, Any]]:
        """Return every payload once the last one says how it ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            messages = await self.messages(token)
            if messages and not messages[-1].get("content", "").startswith(UNFINISHED):
                return messages
            await asyncio.sleep(POLL_SECONDS)
        raise LorekeeperError("The document takes longer than three minutes. See the dashboard.")

    async def attach(self, file: Path) -> Upload:
        """Put a file where Discord keeps what members upload."""
        content = await asyncio.to_thread(file.read_bytes)
        answer = await self._gateway.send(
            "PUT", f"/simulator/attachments/{quote(file.name)}", content=content
        )
        return Upload(name=file.name, size=len(content), url=answer["url"])


def _panel(content: str) -> Panel:
    # Discord shows lines that begin with -# small, each on its own.
    shown = re.sub(r"(?m)^-# (.*)$", r"*\1*  ", content)
    return Panel(Markdown(shown), title="Lorekeeper", title_align="left")


def _print(command: str, answered: dict[str, Any]) -> None:
    content = answered["messages"][-1].get("content", "") if answered["messages"] else ""
    out.print(f"[dim]{escape(command)}[/dim]")
    out.print(_panel(content))
    edits = len(answered["messages"])
    total = answered["timings_ms"].get("total", answered["acknowledged_ms"]) / 1000
    out.print(
        f"[dim]acknowledged in {answered['acknowledged_ms']:.0f} ms · {edits} edits ·"
        f" {total:.2f} s in all[/dim]"
    )
