"""The laptop's composition: every function, the gateway and a broker in one process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

import functions.discord.main
import functions.generate.main
import functions.ingest.main
import functions.search.main
import functions.sweep.main
import gateway.main
from db.session import Database
from functions.local.broker.app import build_broker
from functions.local.broker.manifests import Manifests, read_manifests
from functions.local.home import CHECKOUT
from functions.local.network import Limited, Network
from functions.local.pings import run_pings
from functions.local.simulator import SIMULATOR_API, SIMULATOR_HOST
from functions.runtime.clients import Clients
from functions.runtime.discord.twin import Twin
from functions.runtime.embedder.protocol import EmbeddingModel
from functions.runtime.settings import Settings
from gateway.development import is_nearby

log = logging.getLogger(__name__)
MANIFESTS = CHECKOUT / "knative" / "base"
DASHBOARD = CHECKOUT / "frontend" / "dist"
NAMESPACE = "lorekeeper"
BROKER_HOST = "broker-ingress.knative-eventing.svc.cluster.local"
SINK = f"http://{BROKER_HOST}/{NAMESPACE}/default"
DRAIN_SECONDS = 5.0
# All functions of one laptop share a pool; PostgreSQL takes a hundred connections.
POOL_SIZE = 20

BUILDERS: dict[str, Callable[[Clients], ASGIApp]] = {
    "discord": functions.discord.main.build,
    "ingest": functions.ingest.main.build,
    "search": functions.search.main.build,
    "generate": functions.generate.main.build,
    "sweep": functions.sweep.main.build,
}


@dataclass(frozen=True, kw_only=True)
class System:
    """What runs: ``app`` answers the port, ``http`` reaches every part by its cluster name."""

    app: ASGIApp
    http: httpx.AsyncClient
    broker: Starlette
    twin: Twin


class FrontDoor:
    """Send interactions to the webhook, the simulator to the twin, the rest to the gateway."""

    def __init__(self, *, discord: ASGIApp, twin: ASGIApp | None, gateway: ASGIApp) -> None:
        self._discord = discord
        self._twin = twin
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pick by the path."""
        path = scope.get("path", "")
        if path == "/interactions":
            await self._discord(scope, receive, send)
        # Whoever reaches the simulator reads every answer: a tunnel must not lead to it.
        elif self._twin and path.startswith("/simulator/") and is_nearby(Request(scope)):
            await self._twin(scope, receive, send)
        else:
            await self._gateway(scope, receive, send)


def cluster_host(name: str) -> str:
    """Return the name a Service has within the cluster."""
    return f"{name}.{NAMESPACE}.svc.cluster.local"


def _concurrency(manifests: Manifests, name: str) -> int:
    return next(
        (service.container_concurrency for service in manifests.services if service.name == name), 0
    )


@asynccontextmanager
async def running(
    settings: Settings, *, embedder: EmbeddingModel, manifests_path: Path = MANIFESTS
) -> AsyncIterator[System]:
    """Run every part, wired by the manifests the cluster gets, until the body ends."""
    manifests = read_manifests(manifests_path, namespace=NAMESPACE)
    network = Network()
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(network.client())
        database = Database(str(settings.database_url), pool_size=POOL_SIZE)
        stack.push_async_callback(database.close)

        def clients(name: str) -> Clients:
            made = Clients(settings, name=name, http=http, database=database, embedder=embedder)
            stack.push_async_callback(made.close)
            return made

        apps = {name: build(clients(name)) for name, build in BUILDERS.items()}
        for name, app in apps.items():
            limited = Limited(app, concurrency=_concurrency(manifests, name))
            network.add(cluster_host(name), limited)
        twin = Twin(api_url=SIMULATOR_API)
        network.add(SIMULATOR_HOST, twin.app)
        broker = build_broker(manifests.brokers, manifests.triggers, http=http)
        network.add(BROKER_HOST, broker)
        stack.push_async_callback(broker.state.broker.drain, DRAIN_SECONDS)
        door = FrontDoor(
            discord=apps["discord"],
            twin=twin.app if settings.simulator else None,
            gateway=gateway.main.build(clients("gateway"), dashboard=DASHBOARD),
        )
        pings = asyncio.create_task(run_pings(manifests.ping_sources, http=http))
        stack.push_async_callback(_stop, pings)
        yield System(app=door, http=http, broker=broker, twin=twin)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
