"""The guild and the person of a laptop, where nobody has connected a Discord yet."""

import re
from urllib.parse import urlsplit

from fastapi import Request

from db.session import Database
from functions.runtime.errors import ForbiddenError
from functions.runtime.settings import Settings
from gateway import queries
from gateway.words import Membership, Role, Viewer

DEVELOPMENT_GUILD_ID = 1
DEVELOPMENT_GUILD_NAME = "Local library"
USER_ID = 1
USER_NAME = "Developer"
MEMBERSHIP = Membership(
    guild_id=DEVELOPMENT_GUILD_ID, name=DEVELOPMENT_GUILD_NAME, role=Role.ADMINISTRATOR
)
HOST = re.compile(r"(?:\[(?P<address>[0-9a-f:]+)\]|(?P<name>[a-z0-9.-]+))(?::\d{1,5})?")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _host(request: Request) -> str | None:
    """Return the name the browser believes it talks to; None where it is not one plain name."""
    sent = request.headers.getlist("host")
    match = HOST.fullmatch(sent[0].lower()) if len(sent) == 1 else None
    return (match["address"] or match["name"]) if match else None


def refuse_elsewhere(request: Request, settings: Settings) -> None:
    """Raise ForbiddenError outside development, and for names that were rebound to this machine."""
    if not settings.in_development:
        raise ForbiddenError(
            "Signing in without Discord works in development only. Set LORE_ENV=development"
            " on your own machine to use it."
        )
    if _host(request) not in LOOPBACK | {urlsplit(settings.public_url).hostname}:
        raise ForbiddenError(
            f"Signing in without Discord works at {settings.public_url} only. Open that address."
        )


async def ensure_guild(database: Database) -> None:
    """Create the laptop's guild and its administrator where they are missing."""
    async with database.guild(DEVELOPMENT_GUILD_ID) as session:
        await queries.create_guild(session, MEMBERSHIP, user_id=USER_ID)


async def sign_in(database: Database, *, token_hash: str, name: str) -> None:
    """Store a session of the laptop's administrator under the token's hash."""
    await ensure_guild(database)
    async with database.transaction(session=token_hash) as session:
        viewer = Viewer(user_id=USER_ID, name=name)
        await queries.create_session(session, bytes.fromhex(token_hash), viewer=viewer)
