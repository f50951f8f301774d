"""How a guild wants its answers."""

from typing import Any

import msgspec
from sqlalchemy import Row, delete, select, update

from db.models import CachedAnswer, Guild
from functions.runtime.errors import InvalidRequestError
from gateway.authorization import Access
from gateway.service import clean

LONGEST_INSTRUCTIONS = 1000


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed; None leaves a setting as it is."""

    gate: str | None = None
    unsupported: str | None = None
    instructions: str | None = None
    caches_answers: bool | None = None
    rewrites_questions: bool | None = None


COLUMNS = tuple(getattr(Guild, name) for name in Wanted.__struct_fields__)


def _values(wanted: Wanted) -> dict[str, Any]:
    values = {name: getattr(wanted, name) for name in Wanted.__struct_fields__}
    if wanted.instructions is not None:
        values["instructions"] = clean(wanted.instructions)
        if len(values["instructions"]) > LONGEST_INSTRUCTIONS:
            raise InvalidRequestError(
                f"The instructions are longer than {LONGEST_INSTRUCTIONS} characters. Shorten them."
            )
    return {name: value for name, value in values.items() if value is not None}


async def read(access: Access) -> Row[Any]:
    """Return how this guild wants its answers."""
    statement = select(*COLUMNS).where(Guild.guild_id == access.guild.guild_id)
    async with access.transaction() as session:
        return (await session.execute(statement)).one()


async def change(access: Access, wanted: Wanted) -> Row[Any]:
    """Change what is wanted and return how it is now."""
    guild_id = access.guild.guild_id
    if values := _values(wanted):
        async with access.transaction() as session:
            await session.execute(update(Guild).where(Guild.guild_id == guild_id).values(**values))
            # What was written by other rules is not to be given again.
            await session.execute(delete(CachedAnswer).where(CachedAnswer.guild_id == guild_id))
    return await read(access)
