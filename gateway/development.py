"""The guild and the person of a laptop, where nobody has connected a Discord yet."""

import re
from urllib.parse import urlsplit

from fastapi import Request

from db.session import Database
from functions.runtime.errors import ForbiddenError
from functions.runtime.settings import LOCAL_GUILD, LOCAL_OPERATOR, Settings
from gateway import queries
from gateway.words import Membership, Role, Viewer

DEVELOPMENT_GUILD_ID = LOCAL_GUILD
DEVELOPMENT_GUILD_NAME = "Local library"
USER_ID = LOCAL_OPERATOR
USER_NAME = "Developer"
MEMBERSHIP = Membership(
    guild_id=DEVELOPMENT_GUILD_ID, name=DEVELOPMENT_GUILD_NAME, role=Role.ADMINISTRATOR
)
HOST = re.compile(r"(?:\[(?P<address>[0-9a-f:]+)\]|(?P<name>[a-z0-9.-]+))(?::\d{1,5})?")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# A tunnel ends on this machine and may call it localhost; these tell that somebody else is behind.
RELAYED = frozenset(
    {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}
)


def _host(request: Request) -> str | None:
    """Return the name the browser believes it talks to; None where it is not one plain name."""
    sent = request.headers.getlist("host")
    match = HOST.fullmatch(sent[0].lower()) if len(sent) == 1 else None
    return (match["address"] or match["name"]) if match else None


def _is_page_elsewhere(request: Request) -> bool:
    """Tell whether a browser says that its page has another address than this machine's.

    A proxy that tells nothing of itself and calls this machine localhost, as nginx does unless it
    is told more, passes that on all the same.
    """
    origin = request.headers.get("origin")
    try:
        return origin is not None and urlsplit(origin).hostname not in LOOPBACK
    except ValueError:
        return True


def is_nearby(request: Request) -> bool:
    """Tell whether a request was sent on this machine, not through a tunnel or a rebound name."""
    return (
        _host(request) in LOOPBACK
        and RELAYED.isdisjoint(request.headers)
        and not _is_page_elsewhere(request)
    )


def refuse_elsewhere(request: Request, settings: Settings) -> None:
    """Raise ForbiddenError outside development, and for whoever is not at this machine.

    The public address does not count: behind a tunnel it is everybody's.
    """
    if not settings.in_development:
        raise ForbiddenError(
            "Signing in without Discord works in development only. Set LORE_ENV=development"
            " on your own machine to use it."
        )
    if not is_nearby(request):
        raise ForbiddenError(
            "Signing in without Discord works on the machine that runs this only. Open the"
            " dashboard there, at localhost."
        )


async def ensure_guild(database: Database) -> None:
    """Create the laptop's guild and its administrator where they are missing."""
    async with database.guild(DEVELOPMENT_GUILD_ID) as session:
        await queries.create_guild(session, MEMBERSHIP, user_id=USER_ID)


async def sign_in(database: Database, *, token_hash: str, name: str) -> list[Membership]:
    """Store a session of the laptop's administrator; return every server they look after."""
    await ensure_guild(database)
    async with database.transaction(session=token_hash) as session:
        viewer = Viewer(user_id=USER_ID, name=name)
        await queries.create_session(session, bytes.fromhex(token_hash), viewer=viewer)
    async with database.transaction(user_id=str(USER_ID)) as session:
        return await queries.memberships(session, USER_ID)
