"""kill -9 while questions are answered: each gets one answer, and nobody is left "thinking"."""

import asyncio
import contextlib
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx

from functions.local.boot import FREE_QUESTIONS
from functions.runtime.discord.messages import Citation
from functions.runtime.discord.replies import MOST_PARTS, Reply, answer_reply
from functions.runtime.discord.signing import Caller, Signer, slash_command
from functions.runtime.discord.twin import Twin
from functions.runtime.ollama.twin import OllamaTwin
from tests.faults.kills import read_boundaries
from tests.faults.machine import GUILD, Machine, Silence, upload
from tests.faults.plans import APPLICATION, APPLICATION_SEED, Boundary, Moment
from tests.serving import served

PIERS = 30
PER_DOCUMENT = 10
RULES = [
    f"The lamp on pier {number} is lit at {number} minutes past six, and the keeper rings its bell."
    for number in range(1, PIERS + 1)
]
# Two long enough for a second message, one of a few words, one that answers something else.
REPLIES = (" ".join(RULES), " ".join(RULES), " ".join(RULES[:3]), RULES[6])
WORD_SECONDS = 0.002
QUESTIONS_PER_LIFE = 2
# Asked beside one another, so that one of them has to wait for the model.
BESIDE_SECONDS = 0.05
BOUNDARY_SECONDS = 20.0
POLL_SECONDS = 0.05
LIVES_PER_BOUNDARY = 3
LONGEST_LIFE = 1.2
END_SECONDS = 300.0
LIFE: dict[str, Any] = {"lease": 2.0, "renewal": 0.2}
ROOMS = ("functions.generate", "functions.runtime.leases", "functions.sweep")
PROGRESS = ("⏳", "✍️")
RANDOM = "a random moment"
AGED = (
    "UPDATE questions SET lease_expires_at = lease_expires_at - interval '5 minutes',"
    " next_attempt_at = next_attempt_at - interval '5 minutes' WHERE delivered_at IS NULL"
)
OPEN = "SELECT count(*) FROM questions WHERE delivered_at IS NULL"
UNENDED = (
    "SELECT count(*) FROM questions WHERE status NOT IN ('answered', 'refused', 'failed')"
    " OR stage <> 'ended' OR partial IS NOT NULL OR lease_id IS NOT NULL OR delivered_at IS NULL"
)
ANSWER = (
    "SELECT questions.* FROM interactions JOIN questions ON questions.id = question_id"
    " WHERE interactions.id = $1"
)
SOURCES = (
    "SELECT number, title, location, url FROM citations WHERE question_id = $1 ORDER BY number"
)
COUNTED = "SELECT coalesce(answer_kind, status), count(*) FROM questions GROUP BY 1 ORDER BY 1"
Tick = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A command that was sent, and whether Discord heard that it was taken."""

    interaction_id: int
    token: str
    heard: bool


@dataclass(kw_only=True)
class Account:
    """What was asked, how often the system died, and what was found broken."""

    asks: list[Ask] = field(default_factory=list)
    deaths: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, int] = field(default_factory=dict)

    @property
    def heard(self) -> int:
        """How many members were promised an answer."""
        return sum(ask.heard for ask in self.asks)


class Questions:
    """Members who ask, a Discord and a model that outlive the system, and a system that dies."""

    def __init__(self, machine: Machine, discord: Twin, model: OllamaTwin, *, seed: int) -> None:
        self.machine = machine
        self.account = Account()
        self._discord = discord
        self._model = model
        self._signer = Signer(APPLICATION_SEED)
        self._choice = random.Random(seed)  # noqa: S311 -- repeatable, not secret
        self._numbers = itertools.count()
        self._channels = itertools.count(841_230_833_421_790_061)
        self._pace = 1.0

    async def prepare(self) -> dict[tuple[str, Moment], int]:
        """Read the documents, and live once without dying; return the commits that were reached."""
        record = self.machine.folder / "boundaries.txt"
        pid = await self.machine.start(record=str(record), **LIFE)
        async with self.machine.owner() as owner, self.machine.caller() as http:
            for first in range(0, PIERS, PER_DOCUMENT):
                text = " ".join(RULES[first : first + PER_DOCUMENT])
                await upload(http, f"piers-{first}.txt", text.encode())
            await self.machine.wait_for_work(owner, most=END_SECONDS)
            began = time.perf_counter()
            await self._ask_several()
            await self._wait(owner)
            self._pace = time.perf_counter() - began
        await self.machine.kill(pid)
        reached = read_boundaries(record)
        return {one: times for one, times in reached.items() if one[0].startswith(ROOMS)}

    async def die_at_random(self, *, times: int, tick: Tick) -> None:
        """Kill the system so often, each time at a random moment of its life."""
        for _ in range(times):
            await self._one_life(kill_after=self._choice.uniform(0.0, LONGEST_LIFE * self._pace))
            self.account.deaths[RANDOM] += 1
            tick()

    async def die_at(
        self, boundaries: Mapping[tuple[str, Moment], int], *, times: int, tick: Tick
    ) -> None:
        """Have the system kill itself at each boundary so often; note those it did not reach."""
        for caller, moment in [one for one in boundaries for _ in range(times)]:
            most = max(1, boundaries[caller, moment] // QUESTIONS_PER_LIFE)
            boundary = Boundary(caller=caller, moment=moment, nth=self._choice.randint(1, most))
            if await self._dies_at(boundary):
                self.account.deaths[f"{caller} {moment}"] += 1
            else:
                self.account.missed.append(f"{caller} {moment}")
            tick()

    async def _dies_at(self, boundary: Boundary) -> bool:
        for _ in range(LIVES_PER_BOUNDARY):
            if await self._one_life(kill_after=BOUNDARY_SECONDS, boundary=boundary):
                return True
        return False

    async def _one_life(self, *, kill_after: float, boundary: Boundary | None = None) -> bool:
        async with self.machine.owner() as owner:
            # As the laptop's boot frees what nobody can hold, or as time does.
            await owner.execute(FREE_QUESTIONS.text if self._choice.random() < 0.5 else AGED)
        pid = await self.machine.start(boundary=boundary, **LIFE)
        asking = asyncio.create_task(self._ask_several())
        died = await self.machine.gone(pid, seconds=kill_after)
        await self.machine.kill(pid)
        await asking
        return died

    async def finish(self) -> Account:
        """Let one undisturbed life do what is left, and look at what every member sees."""
        async with self.machine.owner() as owner:
            await owner.execute(AGED)
            pid = await self.machine.start()
            await self._wait(owner)
            await self.machine.kill(pid)
            await self._judge(owner)
            self.account.kinds = {row[0]: row[1] for row in await owner.fetch(COUNTED)}
        return self.account

    async def _wait(self, owner: asyncpg.Connection) -> None:
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline:
            if not await owner.fetchval(OPEN):
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _ask_several(self) -> None:
        url = f"http://127.0.0.1:{self.machine.plan.port}"
        async with httpx.AsyncClient(base_url=url, timeout=10) as http:
            for _ in range(QUESTIONS_PER_LIFE):
                # The model's next answers, whoever asked for them.
                self._model.reply = REPLIES[next(self._numbers) % len(REPLIES)]
                with contextlib.suppress(Silence):
                    await self._ask(http)
                await asyncio.sleep(BESIDE_SECONDS)

    async def _ask(self, http: httpx.AsyncClient) -> None:
        pier = self._choice.randint(1, PIERS)
        command = slash_command(
            "ask",
            {"question": f"When is the lamp on pier {pier} lit, and does the keeper ring?"},
            application_id=APPLICATION,
            # Nobody asks the same channel twice: no question continues another.
            caller=Caller(guild_id=GUILD, channel_id=next(self._channels)),
        )
        token, raw = command["token"], json.dumps(command).encode()
        self._discord.announce(token, APPLICATION)
        heard = False
        try:
            headers = self._signer.sign(raw, timestamp=int(time.time()))
            answer = await http.post("/interactions", content=raw, headers=headers)
            heard = answer.is_success and answer.json()["type"] == 5
        except httpx.HTTPError as error:
            # Discord tells the member that the application did not respond.
            raise Silence from error
        finally:
            ask = Ask(interaction_id=int(command["id"]), token=token, heard=heard)
            self.account.asks.append(ask)
        if heard:
            self._discord.acknowledge(token)

    async def _judge(self, owner: asyncpg.Connection) -> None:
        broken = self.account.broken
        broken["questions without an end"] = await owner.fetchval(UNENDED)
        broken["turns left over"] = await owner.fetchval("SELECT count(*) FROM model_turns")
        for ask in self.account.asks:
            if ask.heard and (wrong := await self._wrong(owner, ask)):
                broken[wrong] += 1
        self.account.broken = +broken

    async def _wrong(self, owner: asyncpg.Connection, ask: Ask) -> str | None:
        """Return what is wrong with what one member sees, None where nothing is."""
        row = await owner.fetchrow(ANSWER, ask.interaction_id)
        if row is None:
            return "questions promised and lost"
        messages = self._discord.messages(ask.token)
        if not messages or messages[0]["content"].startswith(PROGRESS[0]):
            return "members left thinking"
        contents = [payload["content"] for payload in self._discord.payloads(ask.token)]
        final = [one for one in contents if not any(mark in one for mark in PROGRESS)]
        if not final or contents[-1] != final[-1]:
            return "progress shown after the end"
        if row["status"] != "answered":
            return None if len(set(final)) == len(messages) == 1 else "more than one end"
        sources = [Citation(**source) for source in await owner.fetch(SOURCES, row["id"])]
        reply = answer_reply(row["answer"], sources, kind=row["answer_kind"], question_id=row["id"])
        return _unlike(reply, messages, final)


def _unlike(reply: Reply, messages: list[dict[str, Any]], final: list[str]) -> str | None:
    """Return how what is shown differs from the answer in the row."""
    parts = [part["content"] for part in reply.parts]
    filed = [reply.filed.payload["content"]] if reply.filed else []
    if not set(final) <= {*parts, *filed}:
        return "answers that are not the row's"
    shown = [message["content"] for message in messages]
    if len(set(shown)) < len(shown):
        return "messages shown twice"
    is_whole = shown == parts or bool(messages[0]["attachments"])
    return None if is_whole and len(shown) <= MOST_PARTS else "answers shown in part"


@asynccontextmanager
async def asking(machine: Machine, *, seed: int) -> AsyncIterator[Questions]:
    """Serve a Discord and a model beside the machine, where it finds them in every life."""
    discord, model = Twin(), OllamaTwin()
    model.pace = WORD_SECONDS
    async with served(discord.app) as discord_url, served(model.app) as model_url:
        machine.tell(discord_url=f"{discord_url}/api/v10", ollama_host=model_url)
        yield Questions(machine, discord, model, seed=seed)
