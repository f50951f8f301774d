"""``lore export``: every document as it was added, into a folder or one ZIP file."""

import tempfile
import zipfile
from pathlib import Path
from typing import IO, Any

import click
from rich.markup import escape

from functions.local.console import err, out, print_json, run_command
from functions.local.gateway_client import GatewayClient
from functions.local.home import UsageError, port
from functions.runtime.errors import LorekeeperError

MEBIBYTE = 1024 * 1024
# What does not fit in memory waits on disk.
IN_MEMORY = 32 * MEBIBYTE


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--guild", type=click.IntRange(min=1), help="A Discord server's id.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def export(target: Path, *, guild: int | None, as_json: bool) -> None:
    """Save every document to TARGET: a new or empty folder, or a file that ends in .zip."""
    saved = run_command(lambda: export_to(target, guild_id=guild), as_json=as_json)
    if as_json:
        print_json(saved)
    else:
        out.print(f"[green]✓[/green] {saved['files']} files saved to {escape(saved['path'])}.")


async def export_to(target: Path, *, guild_id: int | None) -> dict[str, Any]:
    """Download the library and put it at its place; what is there already is never touched."""
    as_archive = _is_free(target)
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as waiting:
        async with GatewayClient(f"http://127.0.0.1:{port()}", guild_id=guild_id) as gateway:
            with err.status("Downloading …"):
                await gateway.download(f"/api/guilds/{gateway.guild_id}/export", waiting)
        waiting.seek(0)
        names = _names(waiting)
        try:
            _save(waiting, target, as_archive=as_archive)
        except OSError as error:
            raise LorekeeperError(f"{target} cannot be written: {error.strerror}.") from error
    return {"status": "saved", "path": str(target), "files": len(names)}


def _is_free(target: Path) -> bool:
    """Tell whether the target is an archive; raise UsageError where something would be lost."""
    as_archive = target.suffix.lower() == ".zip"
    if target.is_dir() and not as_archive:
        if any(target.iterdir()):
            raise UsageError(f"{target} is not empty. Name a new folder.")
    elif target.exists():
        raise UsageError(f"{target} is there already. Name another file, or delete it.")
    return as_archive


def _names(archive: IO[bytes]) -> list[str]:
    """Return the files of a whole archive; a broken download is an error, not half a library."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return [entry.filename for entry in opened.infolist() if not entry.is_dir()]
    except zipfile.BadZipFile as error:
        raise LorekeeperError("The download is not whole. Run the command again.") from error


def _save(archive: IO[bytes], target: Path, *, as_archive: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not as_archive:
        with zipfile.ZipFile(archive) as opened:
            # The library leaves out leading slashes and dots that would lead out of the folder.
            opened.extractall(target)
        return
    archive.seek(0)
    with target.open("xb") as file:
        while piece := archive.read(MEBIBYTE):
            file.write(piece)
