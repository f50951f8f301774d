"""Bring a database to the newest schema, as its owner."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from db.session import driver_url

SCRIPTS = Path(__file__).parent / "migrations"
# Two operators migrating at once take turns; the number is only a name.
MIGRATION_LOCK = 7_303_014
# The statement takes no parameter, and a password written into one would stand in error messages.
GIVE_PASSWORD = text("SELECT set_config('lore.password', :password, true)")
SET_PASSWORD = text(
    "DO $$ BEGIN EXECUTE format('ALTER ROLE lore_app PASSWORD %L',"
    " current_setting('lore.password')); END $$"
)


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(SCRIPTS))
    return configuration


def _upgrade(connection: Connection) -> None:
    configuration = _configuration()
    newest = ScriptDirectory.from_config(configuration).get_current_head()
    if MigrationContext.configure(connection).get_current_revision() == newest:
        return
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")


async def migrate(owner_url: str, *, app_password: str | None = None) -> None:
    """Apply every migration that is missing, then set the app role's password if one is given."""
    engine = create_async_engine(driver_url(owner_url), poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
            await connection.run_sync(_upgrade)
            if app_password:
                await connection.execute(GIVE_PASSWORD, {"password": app_password})
                await connection.execute(SET_PASSWORD)
    finally:
        await engine.dispose()


def migrate_now(owner_url: str, *, app_password: str | None = None) -> None:
    """Run :func:`migrate` where no event loop runs yet."""
    asyncio.run(migrate(owner_url, app_password=app_password))
