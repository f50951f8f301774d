"""``lore discord``: what an operator tells Discord once per change."""

import os

import click
import httpx

from functions.discord.register import register as register_commands
from functions.local.console import err, run_command
from functions.local.home import UsageError
from functions.runtime.discord.client import DiscordClient
from functions.runtime.settings import load_settings


@click.group()
def discord() -> None:
    """Talk to Discord about this application."""


@discord.command()
def register() -> None:
    """Register the slash commands where they differ from ours."""
    changed = run_command(_register, as_json=False)
    err.print("[green]✓[/green] " + ("Commands registered." if changed else "Nothing to change."))


async def _register() -> bool:
    settings = load_settings(os.environ)
    if settings.discord_application_id is None or settings.discord_bot_token is None:
        raise UsageError("Set DISCORD_APPLICATION_ID and DISCORD_BOT_TOKEN first.")
    async with httpx.AsyncClient() as http:
        client = DiscordClient(
            http, api_url=settings.discord_api_url, bot_token=settings.discord_bot_token
        )
        return await register_commands(client, application_id=settings.discord_application_id)
