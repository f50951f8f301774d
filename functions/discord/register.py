"""Tell Discord which commands there are; a step of its own, never part of a start."""

from typing import Any

from functions.discord.commands import COMMANDS
from functions.runtime.discord.client import DiscordClient

# What we may set. Discord returns more (ids, versions, defaults), which is not a difference.
MEANINGFUL = frozenset(
    {
        "name",
        "type",
        "description",
        "name_localizations",
        "description_localizations",
        "options",
        "required",
        "choices",
        "value",
        "autocomplete",
        "min_length",
        "max_length",
        "min_value",
        "max_value",
        "channel_types",
        "file_types",
        "contexts",
        "integration_types",
        "default_member_permissions",
        "nsfw",
    }
)
LOCALIZED = ("name_localizations", "description_localizations")


def _essence(part: dict[str, Any]) -> dict[str, Any]:
    """Return what was set about a command or option, without what Discord fills in."""
    essence: dict[str, Any] = {}
    for key, value in part.items():
        if key in LOCALIZED and value:
            essence[key] = value
        elif key in MEANINGFUL and value not in (None, False, [], {}):
            items = isinstance(value, list) and all(isinstance(item, dict) for item in value)
            essence[key] = [_essence(item) for item in value] if items else value
    return essence


def _by_name(commands: list[dict[str, Any]]) -> dict[tuple[str, int], dict[str, Any]]:
    return {(command["name"], command.get("type", 1)): _essence(command) for command in commands}


async def register(client: DiscordClient, *, application_id: int) -> bool:
    """Replace the commands where they differ from ours; return whether they did.

    A change of what every user sees is thus made once, and an unchanged one costs no quota.
    """
    registered = await client.get_commands(application_id)
    if _by_name(registered) == _by_name(COMMANDS):
        return False
    await client.put_commands(application_id, COMMANDS)
    return True
