"""``lore migrate``: what a deployment runs once before its functions start."""

import os

import click

from db.migrate import migrate_now
from functions.local.console import WRONG_USAGE, err


@click.command()
def migrate() -> None:
    """Apply the migrations as the database's owner.

    Reads LORE_DATABASE_URL (the owner's) and, to set the app role's password,
    LORE_DATABASE_PASSWORD.
    """
    url = os.environ.get("LORE_DATABASE_URL", "")
    if not url.startswith("postgresql://"):
        err.print("LORE_DATABASE_URL is not set to a postgresql:// URL.")
        raise SystemExit(WRONG_USAGE)
    migrate_now(url, app_password=os.environ.get("LORE_DATABASE_PASSWORD") or None)
    err.print("[green]✓[/green] The database is at the newest schema.")
