"""Files sent to a guild's library: bytes and row are stored in one transaction."""

import re
from asyncio import Semaphore, timeout
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import PurePosixPath
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from functions.runtime.clients import Clients
from functions.runtime.errors import (
    InvalidRequestError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
)
from functions.runtime.events import DOCUMENT_UPLOADED
from gateway import rate_limits, versions
from gateway.authentication import Connected, SignedIn
from gateway.authorization import admitted_guild, parse_snowflake
from gateway.names import display_name, given_title
from gateway.versions import StoredVersion, Upload
from gateway.words import Role, Viewer

MEBIBYTE = 1024 * 1024
LARGEST_FILE = 25 * MEBIBYTE
# Each takes up to 60 MiB until it is stored: ten at once took 530 MiB. Others wait, unread.
FILES_AT_ONCE = 4
SEAT_SECONDS = 60.0
PIECE_SECONDS = 30.0
ORIGINS = frozenset({"upload", "cli", "sample"})
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")
OFFICE = "application/vnd.openxmlformats-officedocument"
# Browsers and command lines seldom know these; the reader judges by the bytes in the end.
KNOWN_TYPES = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": "application/pdf",
    ".docx": f"{OFFICE}.wordprocessingml.document",
    ".pptx": f"{OFFICE}.presentationml.presentation",
    ".xlsx": f"{OFFICE}.spreadsheetml.sheet",
    ".csv": "text/csv",
    ".json": "application/json",
    ".epub": "application/epub+zip",
}
UNKNOWN_TYPE = "application/octet-stream"

router = APIRouter()


def media_type(sent: str, *, name: str) -> str:
    """Return the type the sender gave, or what the name says where it gave none."""
    given = sent.partition(";")[0].strip().lower()
    if given != UNKNOWN_TYPE and MEDIA_TYPE.fullmatch(given):
        return given
    return KNOWN_TYPES.get(PurePosixPath(name).suffix.lower(), UNKNOWN_TYPE)


def _too_large() -> TooLargeError:
    return TooLargeError(
        f"The file is larger than {LARGEST_FILE // MEBIBYTE} MiB. Split it and send the parts."
    )


@asynccontextmanager
async def _seat(seats: Semaphore) -> AsyncIterator[None]:
    """Wait until one more file may be held in memory; raise UnavailableError after a minute."""
    try:
        async with timeout(SEAT_SECONDS):
            await seats.acquire()
    except TimeoutError:
        raise UnavailableError(
            "Many files are being sent right now. Send this one again in a moment."
        ) from None
    try:
        yield
    finally:
        seats.release()


async def _lively(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what comes; raise InvalidRequestError where nothing does, for somebody else waits."""
    while True:
        try:
            async with timeout(PIECE_SECONDS):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise InvalidRequestError("The file stopped coming. Send it again.") from None
        yield piece


async def _read_file(request: Request) -> tuple[bytes, bytes]:
    """Return the bytes and their SHA-256; what is over the limit is never held."""
    if int(parse_snowflake(request.headers.get("content-length")) or 0) > LARGEST_FILE:
        raise _too_large()
    content, digest = bytearray(), sha256()
    try:
        async for piece in _lively(request.stream()):
            if len(content) + len(piece) > LARGEST_FILE:
                raise _too_large()
            content += piece
            digest.update(piece)
    except ClientDisconnect as error:
        raise InvalidRequestError("The file ended early. Send it again.") from error
    if not content:
        raise InvalidRequestError("The file is empty. Send one with text in it.")
    return bytes(content), digest.digest()


async def _store(
    clients: Clients, upload: Upload, *, guild_id: int, viewer: Viewer
) -> StoredVersion:
    events = clients.events
    async with clients.database.guild(guild_id) as session:
        stored = await versions.store(session, guild_id, upload=upload, user_id=viewer.user_id)
    if stored.is_new:
        await events.publish(DOCUMENT_UPLOADED, row_id=stored.version_id, name="version_id")
    return stored


def _replaced(words: str | None) -> UUID | None:
    if words is None:
        return None
    try:
        return UUID(words)
    except ValueError as error:
        raise NotFoundError("The document to replace is not in the library.") from error


@router.put("/api/guilds/{guild}/documents")
async def upload_document(
    request: Request, guild: str, clients: Connected, viewer: SignedIn
) -> Response:
    """Take a file into the library: 202 when it will be read, 200 when it is there already."""
    guild_id = await admitted_guild(clients.database, viewer, guild=guild, needed=Role.MODERATOR)
    said = request.query_params
    name, title = display_name(said.get("name", "")), given_title(said.get("title"))
    replaces = _replaced(said.get("replaces"))
    origin = said.get("origin", "upload")
    if origin not in ORIGINS:
        raise InvalidRequestError(f"A file's origin is one of {', '.join(sorted(ORIGINS))}.")
    await rate_limits.charge(
        clients.database,
        rate_limits.uploads_budget(clients.settings),
        principal=rate_limits.principal(request, viewer),
    )
    async with _seat(request.app.state.uploads):
        content, content_hash = await _read_file(request)
        upload = Upload(
            name=name,
            origin=origin,
            media_type=media_type(request.headers.get("content-type", ""), name=name),
            content=content,
            content_hash=content_hash,
            title=title,
            replaces=replaces,
        )
        stored = await _store(clients, upload, guild_id=guild_id, viewer=viewer)
    body = {
        "documentId": str(stored.document_id),
        "versionId": str(stored.version_id),
        "title": stored.title,
        "status": stored.status,
    }
    return JSONResponse(body, 202 if stored.is_new else 200)
