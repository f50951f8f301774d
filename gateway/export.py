"""A guild's library as one ZIP file, written while it is sent: one document in memory at a time."""

import asyncio
import io
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator
from collections.abc import Set as AbstractSet
from contextlib import aclosing
from pathlib import PurePosixPath
from typing import Any

import msgspec
from sqlalchemy import Row

from db.session import Database
from gateway import originals
from gateway.names import savable

PIECE = 256 * 1024
FOLDER = "documents"
CONTENTS = "documents.json"
# These are compressed already: trying again costs time and gains nothing.
PACKED = ("application/pdf", "application/epub+zip", "application/vnd.openxmlformats")
HTML = "text/html"


class ExportedDocument(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the list of contents says of a document; without a file where none was ever read."""

    file: str | None
    title: str
    source_name: str
    source_url: str | None
    origin: str
    language: str | None
    media_type: str | None
    version: int | None
    status: str | None
    pages: int | None
    passages: int | None
    created_at: str
    updated_at: str


class _Outbox(io.RawIOBase):
    """Holds what the archive wrote until it is sent; it cannot be gone back in."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        """Tell that this takes bytes."""
        return True

    def write(self, piece: Any, /) -> int:
        """Take bytes."""
        self._held += piece
        return len(piece)

    def take(self) -> bytes:
        """Give up what was written since the last time."""
        taken = bytes(self._held)
        self._held.clear()
        return taken


class Paths:
    """Gives every document a path of its own, apart also for those who ignore capitals."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def add(self, source_name: str, *, media_type: str | None) -> str:
        """Return where a document is put."""
        *folders, name = _parts(source_name, media_type)
        place = PurePosixPath(FOLDER)
        for folder in folders:
            # A file where another one needs a folder could not be unpacked.
            place = _free(place / folder, self._files)
            self._folders.add(str(place).lower())
        path = _free(place / name, self._files, self._folders)
        self._files.add(str(path).lower())
        return str(path)


def _parts(source_name: str, media_type: str | None) -> list[str]:
    bare = source_name.removeprefix("https://").removeprefix("http://")
    *folders, name = [savable(part) for part in bare.split("/") if part] or ["_"]
    is_page = PurePosixPath(name).suffix.lower() in {".html", ".htm", ".xhtml"}
    return [*folders, f"{name}.html" if media_type == HTML and not is_page else name]


def _free(path: PurePosixPath, *taken: AbstractSet[str]) -> PurePosixPath:
    free, number = path, 2
    while any(str(free).lower() in names for names in taken):
        free, number = path.with_stem(f"{path.stem} ({number})"), number + 1
    return free


def _entry(path: str, row: Row[Any]) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, row.sent_at.timetuple()[:6])
    is_packed = (row.media_type or "").startswith(PACKED)
    entry.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
    entry.file_size = len(row.content)
    return entry


def _described(row: Row[Any], file: str | None) -> ExportedDocument:
    return ExportedDocument(
        file=file,
        title=row.title,
        source_name=row.source_name,
        source_url=row.source_url,
        origin=row.origin,
        language=row.language,
        media_type=row.media_type,
        version=row.number,
        status=row.status,
        pages=row.pages,
        passages=row.passages,
        created_at=row.created_at.isoformat(),
        updated_at=row.updated_at.isoformat(),
    )


async def _add(
    archive: zipfile.ZipFile, outbox: _Outbox, path: str, row: Row[Any]
) -> AsyncGenerator[bytes, None]:
    with archive.open(_entry(path, row), "w") as file:
        for start in range(0, len(row.content), PIECE):
            # Compressing 25 MiB takes a second, in which nobody else would be answered.
            await asyncio.to_thread(file.write, row.content[start : start + PIECE])
            yield outbox.take()


async def _documents(database: Database, guild_id: int) -> AsyncIterator[Row[Any]]:
    """Yield the documents one by one; one that is deleted meanwhile is left out."""
    async with database.guild(guild_id) as session:
        document_ids = await originals.all_ids(session, guild_id)
    for document_id in document_ids:
        # A transaction open while a slow reader reads would hold back the database's cleaning.
        async with database.guild(guild_id) as session:
            row = await originals.original(session, guild_id, document_id)
        if row is not None:
            yield row


async def _add_all(
    archive: zipfile.ZipFile,
    outbox: _Outbox,
    rows: AsyncIterator[Row[Any]],
    contents: list[ExportedDocument],
) -> AsyncGenerator[bytes, None]:
    paths = Paths()
    async for row in rows:
        if row.content is None:
            contents.append(_described(row, None))
            continue
        path = paths.add(row.source_name, media_type=row.media_type)
        contents.append(_described(row, path))
        async with aclosing(_add(archive, outbox, path, row)) as pieces:
            async for piece in pieces:
                yield piece


async def export(database: Database, guild_id: int) -> AsyncGenerator[bytes, None]:
    """Yield the archive, piece by piece."""
    outbox, contents = _Outbox(), list[ExportedDocument]()
    with zipfile.ZipFile(outbox, "w") as archive:
        # The file at work is closed before the archive, also where nobody waits for the rest.
        adding = _add_all(archive, outbox, _documents(database, guild_id), contents)
        async with aclosing(adding) as pieces:
            async for piece in pieces:
                yield piece
        archive.writestr(CONTENTS, msgspec.json.format(msgspec.json.encode(contents), indent=2))
    yield outbox.take()
