"""``lore broker``: the development broker on its own, for docker compose."""

import asyncio
from pathlib import Path

import click
import httpx
import uvicorn

from functions.local.broker.app import build_broker
from functions.local.broker.manifests import read_manifests
from functions.local.pings import run_pings
from functions.runtime.logs import configure_logs


@click.command()
@click.option("--manifests", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--listen", default="127.0.0.1:8081", help="HOST:PORT")
def broker(manifests: Path, listen: str) -> None:
    """Deliver events and pings by the cluster's own manifests."""
    host, _, port = listen.rpartition(":")
    if not port.isdecimal():
        raise click.UsageError("--listen takes HOST:PORT.")
    configure_logs()
    asyncio.run(_broker(manifests, host=host, port=int(port)))


async def _broker(manifests_path: Path, *, host: str, port: int) -> None:
    manifests = read_manifests(manifests_path, namespace="lorekeeper")
    async with httpx.AsyncClient() as http:
        app = build_broker(manifests.brokers, manifests.triggers, http=http)
        pings = asyncio.create_task(run_pings(manifests.ping_sources, http=http))
        config = uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False)
        try:
            await uvicorn.Server(config).serve()
        finally:
            pings.cancel()
