"""``lore ingest``: files and folders into the knowledge base, each to its end."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.markup import escape
from rich.progress import Progress

from functions.local.console import FAILED, out, print_json, progress_bar, run_command
from functions.local.gateway_client import GatewayClient
from functions.local.home import UsageError, port
from functions.runtime.errors import LorekeeperError, RateLimitedError

UPLOADS_AT_ONCE = 4
# The gateway takes at most fifteen aliases in one query.
WATCHED_AT_ONCE = 15
POLL_SECONDS = 0.25
RATE_LIMIT_SECONDS = 2.0
ENDED = {"READY", "FAILED", "DEAD"}


class Upload(msgspec.Struct, kw_only=True):
    """A file on its way; ``status`` is the document's, in lower case."""

    path: Path
    name: str
    document_id: str | None = None
    status: str = "received"
    reason: str | None = None
    chunks: int = 0

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will happen to it."""
        return self.status.upper() in ENDED

    def as_json(self) -> dict[str, Any]:
        """Return the file's entry in the JSON report."""
        return {
            "path": str(self.path),
            "name": self.name,
            "document_id": self.document_id,
            "status": self.status,
            "reason": self.reason,
            "chunks": self.chunks,
        }


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--guild", type=click.IntRange(min=1), help="A Discord server's id.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def ingest(paths: tuple[Path, ...], *, guild: int | None, as_json: bool) -> None:
    """Add files and folders (PATHS) to the knowledge base."""
    uploads = run_command(lambda: ingest_paths(paths, guild_id=guild), as_json=as_json)
    if as_json:
        print_json({"files": [upload.as_json() for upload in uploads]})
    else:
        _print(uploads)
    raise SystemExit(0 if all(upload.status == "ready" for upload in uploads) else FAILED)


async def ingest_paths(paths: tuple[Path, ...], *, guild_id: int | None) -> list[Upload]:
    """Upload every file under the paths and wait until each has ended."""
    uploads = [Upload(path=path, name=name) for path, name in find_files(paths)]
    if not uploads:
        raise UsageError("There is no file under these paths.")
    refuse_same_names(uploads)
    async with GatewayClient(f"http://127.0.0.1:{port()}", guild_id=guild_id) as gateway:
        with progress_bar() as bars:
            await _upload_all(gateway, uploads, bars)
            await _watch(gateway, uploads, bars)
    return uploads


def find_files(paths: tuple[Path, ...]) -> Iterator[tuple[Path, str]]:
    """Yield each file with the name it is kept under; what is hidden in a folder is left out."""
    for path in paths:
        if path.is_file():
            yield path, path.name
            continue
        root = path.resolve()
        for file in sorted(root.rglob("*")):
            below = file.relative_to(root)
            if file.is_file() and not any(part.startswith(".") for part in below.parts):
                yield file, str(Path(root.name) / below)


def refuse_same_names(uploads: list[Upload]) -> None:
    """Refuse files that would be kept under one name: each would replace the one before."""
    first: dict[str, Path] = {}
    for upload in uploads:
        other = first.setdefault(upload.name, upload.path)
        if other != upload.path:
            raise UsageError(
                f"{other} and {upload.path} would both be called {upload.name}."
                " Give the folder that holds them instead."
            )


async def _upload_all(gateway: GatewayClient, uploads: list[Upload], bars: Progress) -> None:
    bar = bars.add_task("Uploading ", total=len(uploads))
    slots = asyncio.Semaphore(UPLOADS_AT_ONCE)

    async def one(upload: Upload) -> None:
        async with slots:
            await _upload(gateway, upload)
        bars.advance(bar)

    await asyncio.gather(*(one(upload) for upload in uploads))


async def _upload(gateway: GatewayClient, upload: Upload) -> None:
    try:
        content = await asyncio.to_thread(upload.path.read_bytes)
        answer = await patiently(
            gateway,
            "PUT",
            f"/api/guilds/{gateway.guild_id}/documents",
            params={"name": upload.name, "origin": "cli"},
            content=content,
        )
    except (OSError, LorekeeperError) as error:
        upload.status, upload.reason = "failed", str(error)
    else:
        upload.document_id = answer["documentId"]


async def patiently(
    gateway: GatewayClient, method: str, path: str, **options: Any
) -> dict[str, Any]:
    """Send a request; where that was too much at once, wait and send it again."""
    while True:
        try:
            return await gateway.send(method, path, **options)
        except RateLimitedError:
            await asyncio.sleep(RATE_LIMIT_SECONDS)


async def _watch(gateway: GatewayClient, uploads: list[Upload], bars: Progress) -> None:
    bar = bars.add_task("Ingesting ", total=len(uploads))
    while pending := [upload for upload in uploads if not upload.ended]:
        bars.update(bar, completed=len(uploads) - len(pending))
        # Documents are taken in about the order they came: the first few end first.
        watched = pending[:WATCHED_AT_ONCE]
        try:
            await _refresh(gateway, watched)
        except RateLimitedError:
            await asyncio.sleep(RATE_LIMIT_SECONDS)
        if not any(upload.ended for upload in watched):
            await asyncio.sleep(POLL_SECONDS)
    bars.update(bar, completed=len(uploads))


async def _refresh(gateway: GatewayClient, uploads: list[Upload]) -> None:
    aliases = " ".join(
        f'd{index}: document(id: "{upload.document_id}") {{ status statusReason passageCount }}'
        for index, upload in enumerate(uploads)
    )
    answer = await gateway.query(
        f"query Watch($guild: ID!) {{ guild(id: $guild) {{ {aliases} }} }}",
        {"guild": gateway.guild_id},
    )
    for index, upload in enumerate(uploads):
        row = answer["guild"][f"d{index}"]
        if row is None:
            upload.status, upload.reason = "failed", "The document was deleted meanwhile."
            continue
        upload.status = row["status"].lower()
        upload.reason, upload.chunks = row["statusReason"], row["passageCount"]


def _print(uploads: list[Upload]) -> None:
    for upload in uploads:
        if upload.status != "ready":
            out.print(f"[red]✗[/red] {escape(upload.name)}: {escape(upload.reason or '')}")
    ready = [upload for upload in uploads if upload.status == "ready"]
    passages = sum(upload.chunks for upload in ready)
    out.print(
        f"[green]✓[/green] {len(ready)} of {len(uploads)} documents ready, {passages} passages."
    )
