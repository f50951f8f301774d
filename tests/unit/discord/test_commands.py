import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from functions.discord.commands import COMMANDS
from functions.discord.dispatch import HANDLERS
from functions.discord.register import register
from functions.runtime.discord.client import DiscordClient
from functions.runtime.discord.twin import Twin

APPLICATION = 7


class Counted(httpx.ASGITransport):
    """Counts calls by their method."""

    def __init__(self, twin: Twin) -> None:
        super().__init__(twin.app)
        self.methods: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.methods.append(request.method)
        return await super().handle_async_request(request)


def test_discord_takes_the_commands(shared: Path) -> None:
    path = shared / "schemas/discord/strict/application-command-bulk.schema.json"

    Draft202012Validator(json.loads(path.read_text())).validate(COMMANDS)


def test_every_command_is_handled_and_every_handler_offered() -> None:
    offered = {
        (
            command["type"],
            " ".join([command["name"], *([option["name"]] if option["type"] == 1 else [])]),
        )
        for command in COMMANDS
        for option in command.get("options", [{"type": 0}])
    }

    assert offered == set(HANDLERS)


def renamed(command: dict[str, Any]) -> None:
    command["description"] = "Another"


def tightened(command: dict[str, Any]) -> None:
    command["options"][0]["max_length"] = 10


def translated(command: dict[str, Any]) -> None:
    command["description_localizations"]["fr"] = "Autre"


def optional(command: dict[str, Any]) -> None:
    command["options"][0]["required"] = False


def unchanged(_: dict[str, Any]) -> None:
    pass


def filled_in(command: dict[str, Any]) -> None:
    command |= {"id": "1", "version": "2", "nsfw": False, "dm_permission": None}
    command["options"][0]["autocomplete"] = False


@pytest.mark.parametrize(
    ("change", "replaced"),
    [
        (unchanged, False),
        (filled_in, False),
        (renamed, True),
        (tightened, True),
        (translated, True),
        (optional, True),
    ],
)
async def test_commands_are_replaced_only_where_they_differ(
    change: Callable[[dict[str, Any]], None], *, replaced: bool
) -> None:
    twin = Twin()
    transport = Counted(twin)
    async with httpx.AsyncClient(transport=transport) as http:
        client = DiscordClient(http, api_url="http://discord.test/api/v10", bot_token="b")
        registered = copy.deepcopy(COMMANDS)
        change(registered[0])
        await client.put_commands(APPLICATION, registered)
        transport.methods.clear()

        assert await register(client, application_id=APPLICATION) is replaced
        assert await register(client, application_id=APPLICATION) is False

    assert transport.methods.count("PUT") == int(replaced)


async def test_the_first_registration_and_a_surplus_command_are_changes() -> None:
    twin = Twin()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(twin.app)) as http:
        client = DiscordClient(http, api_url="http://discord.test/api/v10", bot_token="b")

        assert await register(client, application_id=APPLICATION)
        await client.put_commands(APPLICATION, [*COMMANDS, {"name": "old", "description": "x"}])
        assert await register(client, application_id=APPLICATION)

    registered = [command["name"] for command in twin.commands(APPLICATION)]
    assert registered == ["ask", "forget", "kb", "Add to knowledge base"]
