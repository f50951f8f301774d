"""Documents on their way out: originals, cleaned texts, and the whole library."""

from datetime import UTC, datetime
from pathlib import PurePosixPath
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from functions.runtime.clients import Clients
from functions.runtime.errors import NotFoundError
from gateway import originals, rate_limits
from gateway.authentication import Connected, Visiting
from gateway.authorization import admitted_guild
from gateway.export import export
from gateway.names import attachment
from gateway.service import parse_id
from gateway.words import Role, Viewer

EXPORT_COST = 20
# What a stranger wrote is saved and never shown under our name, whatever it claims to be.
BYTES = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"
ZIP = "application/zip"

router = APIRouter()


async def _charge(request: Request, clients: Clients, viewer: Viewer, *, cost: int = 1) -> None:
    await rate_limits.charge(
        clients.database,
        rate_limits.downloads_budget(clients.settings),
        principal=rate_limits.principal(request, viewer),
        cost=cost,
    )


def _headers(name: str) -> dict[str, str]:
    # This policy comes in addition to the one of every answer: the stricter of the two holds.
    return {"content-disposition": attachment(name), "content-security-policy": "sandbox"}


def _document_id(words: str) -> UUID:
    if (document_id := parse_id(words)) is None:
        raise NotFoundError
    return document_id


@router.get("/api/guilds/{guild}/documents/{document}/file")
async def download_file(
    request: Request, *, guild: str, document: str, clients: Connected, viewer: Visiting
) -> Response:
    """Send the bytes of the version that answers, else of the newest one."""
    database = clients.database
    guild_id = await admitted_guild(database, viewer, guild=guild, needed=Role.MODERATOR)
    document_id = _document_id(document)
    await _charge(request, clients, viewer)
    async with database.guild(guild_id) as session:
        row = await originals.original(session, guild_id, document_id)
    if row is None or row.content is None:
        raise NotFoundError("There is no file of this document, or it was not fetched yet.")
    return Response(row.content, headers=_headers(_file_name(row.source_name)), media_type=BYTES)


def _file_name(source_name: str) -> str:
    return source_name.rstrip("/").rpartition("/")[2]


@router.get("/api/guilds/{guild}/documents/{document}/text")
async def download_text(
    request: Request, *, guild: str, document: str, clients: Connected, viewer: Visiting
) -> Response:
    """Send the text that the passages were cut from: members read those already."""
    database = clients.database
    guild_id = await admitted_guild(database, viewer, guild=guild, needed=Role.MEMBER)
    document_id = _document_id(document)
    await _charge(request, clients, viewer)
    async with database.guild(guild_id) as session:
        row = await originals.cleaned_text(session, guild_id, document_id)
    if row is None:
        raise NotFoundError("There is no text of this document, or it was not read yet.")
    name = row.title.replace("/", "_")
    stem = name if PurePosixPath(name).suffix != ".txt" else PurePosixPath(name).stem
    return Response(row.text, headers=_headers(f"{stem}.txt"), media_type=TEXT)


@router.get("/api/guilds/{guild}/export")
async def download_library(
    request: Request, guild: str, clients: Connected, viewer: Visiting
) -> Response:
    """Send every document and a list of them as one ZIP file."""
    database = clients.database
    guild_id = await admitted_guild(database, viewer, guild=guild, needed=Role.MODERATOR)
    await _charge(request, clients, viewer, cost=EXPORT_COST)
    name = f"lorekeeper-{guild_id}-{datetime.now(UTC):%Y-%m-%d}.zip"
    return StreamingResponse(export(database, guild_id), headers=_headers(name), media_type=ZIP)
