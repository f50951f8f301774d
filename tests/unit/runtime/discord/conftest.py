"""Discord's twin behind the real client, and a clock that passes at once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from functions.runtime.discord.client import DiscordClient
from functions.runtime.discord.patience import Clock
from functions.runtime.discord.twin import Twin
from functions.runtime.settings import Simulator

SIMULATOR = Simulator(
    application_id=7, public_key="00" * 32, api_url="http://simulator.test/api/v10"
)


class FakeClock(Clock):
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 8, 20, 13, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def twin(clock: FakeClock) -> Twin:
    return Twin(api_url="http://simulator.test/api/v10", clock=clock)


@pytest.fixture
async def http(twin: Twin) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(twin.app), base_url="http://simulator.test"
    ) as http:
        yield http


@pytest.fixture
def client(http: httpx.AsyncClient, clock: FakeClock) -> DiscordClient:
    return DiscordClient(
        http,
        api_url="http://discord.test/api/v10",
        simulator=SIMULATOR,
        bot_token="bot-secret",
        public_url="https://lore.example.org",
        clock=clock,
    )
