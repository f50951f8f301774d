"""The queue for the model: as many at once as it has slots, and nobody's patience at whose cost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import asyncpg
import pytest

LEASED = (
    "UPDATE questions SET status = 'answering', lease_id = $2,"
    " lease_expires_at = clock_timestamp() + make_interval(secs => $3) WHERE id = $1"
)
TAKE = "SELECT lore_take_turn($1, $2, $3, $4)"
END = "SELECT lore_end_turn($1, $2, $3)"
CALLED = "SELECT lore_called_turns($1)"
GIVEN_BACK = "UPDATE questions SET lease_id = NULL, lease_expires_at = NULL WHERE id = $1"
NOISE = 1000


@dataclass
class Line:
    """Workers that follow the queue to the letter; every answer takes one tick."""

    connection: asyncpg.Connection
    slots: int = 1
    leases: dict[UUID, UUID] = field(default_factory=dict)
    guilds: dict[UUID, int] = field(default_factory=dict)
    writing: list[UUID] = field(default_factory=list)

    async def ask(self, guild: int) -> UUID:
        question: UUID = await self.connection.fetchval(
            "INSERT INTO questions (guild_id, text, origin) VALUES ($1, 'why?', 'cli')"
            " RETURNING id",
            guild,
        )
        self.guilds[question] = guild
        return question

    async def take(self, question: UUID, *, seconds: float = 30) -> int:
        """Claim the question and ask for its turn; whoever has to wait gives it back."""
        self.leases[question] = uuid4()
        await self.connection.execute(LEASED, question, self.leases[question], seconds)
        ahead: int = await self.connection.fetchval(
            TAKE, question, self.guilds[question], self.leases[question], self.slots
        )
        if ahead:
            await self.connection.execute(GIVEN_BACK, question)
        else:
            self.writing.append(question)
        return ahead

    async def queue(self, guild: int, count: int) -> list[UUID]:
        asked = [await self.ask(guild) for _ in range(count)]
        for question in asked:
            await self.take(question)
        return asked

    async def crowd(self, guild: int, count: int) -> set[UUID]:
        """Queue many at once, each under a lease that is its own id."""
        await self.connection.execute(
            "INSERT INTO questions (guild_id, text, origin, status) SELECT $1, 'why?', 'cli',"
            " 'answering' FROM generate_series(1, $2)",
            guild,
            count,
        )
        await self.connection.execute(
            "UPDATE questions SET lease_id = id, lease_expires_at = now() + interval '1 hour'"
            " WHERE guild_id = $1",
            guild,
        )
        rows = await self.connection.fetch(
            "SELECT id, lore_take_turn(id, guild_id, id, $2) AS ahead FROM questions"
            " WHERE guild_id = $1",
            guild,
            self.slots,
        )
        waiting = [row["id"] for row in rows if row["ahead"]]
        await self.connection.execute(GIVEN_BACK.replace("= $1", "= ANY($1)"), waiting)
        crowd = {row["id"] for row in rows}
        self.guilds |= dict.fromkeys(crowd, guild)
        self.writing = [row["id"] for row in rows if not row["ahead"]]
        self.leases |= {question: question for question in self.writing}
        return crowd

    async def end(self, question: UUID) -> list[UUID]:
        self.writing.remove(question)
        rows = await self.connection.fetch(END, question, self.leases[question], self.slots)
        await self.connection.execute(
            "UPDATE questions SET status = 'answered', lease_id = NULL WHERE id = $1", question
        )
        return [row[0] for row in rows]

    async def tick(self) -> list[UUID]:
        """End what is written and start whoever is named; return what ended."""
        ended = list(self.writing)
        for question in ended:
            for called in await self.end(question):
                assert await self.take(called) == 0
        return ended

    async def wait(self, guild: int, *, together: int, times: int) -> list[int]:
        """Return after how many ticks each of a guild's questions was answered."""
        waited = []
        for _ in range(times):
            left = await self.queue(guild, together)
            ticks = 0
            while left:
                ticks += 1
                ended = await self.tick()
                waited += [ticks for question in ended if question in left]
                left = [question for question in left if question not in ended]
        return waited


@pytest.fixture
async def line(owner_url: str) -> AsyncIterator[Callable[..., Line]]:
    connection = await asyncpg.connect(owner_url)
    await connection.execute("TRUNCATE model_turns")
    yield lambda slots=1: Line(connection, slots)
    await connection.execute("DELETE FROM questions WHERE text = 'why?'")
    await connection.close()


@pytest.mark.parametrize(
    ("slots", "together", "times", "remark"),
    [
        (1, 1, 10, "somebody who asks one thing after another"),
        (1, 10, 1, "ten people at once"),
        (2, 1, 10, "two slots"),
        (2, 9, 2, "two slots and two crowds"),
        (4, 3, 4, "more slots than questions"),
    ],
)
async def test_a_guild_that_asks_a_thousand_questions_at_most_doubles_anothers_wait(
    line: Callable[..., Line],
    guild_id: int,
    other_guild_id: int,
    slots: int,
    together: int,
    times: int,
    remark: str,
) -> None:
    alone = await line(slots).wait(guild_id, together=together, times=times)
    beside = line(slots)
    noise = await beside.crowd(other_guild_id, NOISE)
    waited = await beside.wait(guild_id, together=together, times=times)
    assert len(waited) == together * times
    assert sum(waited) <= 2 * sum(alone), remark
    assert max(waited) <= 2 * max(alone), remark
    # What one guild leaves, the other has: nothing is held back for anybody.
    assert len(beside.writing) == slots
    assert set(beside.writing) <= noise


async def test_three_guilds_take_turns(
    line: Callable[..., Line], guild_id: int, other_guild_id: int
) -> None:
    line_of_one = line()
    first = await line_of_one.queue(guild_id, 4)
    second = await line_of_one.queue(other_guild_id, 3)
    order = [(await line_of_one.tick())[0] for _ in range(3)]
    assert order == [first[0], second[0], first[1]]
    (late,) = await line_of_one.queue(guild_id, 1)
    order = [(await line_of_one.tick())[0] for _ in range(5)]
    assert order == [second[1], first[2], second[2], first[3], late]


async def test_no_more_take_the_model_than_it_has_slots(
    owner_url: str, line: Callable[..., Line], guild_id: int
) -> None:
    asking = line(3)
    questions = [await asking.ask(guild_id) for _ in range(12)]
    for question in questions:
        await asking.connection.execute(LEASED, question, question, 30.0)
    async with asyncpg.create_pool(owner_url, min_size=12, max_size=12) as pool:
        places = await asyncio.gather(
            *(pool.fetchval(TAKE, question, guild_id, question, 3) for question in questions)
        )
    assert sorted(places) == [0, 0, 0, *range(1, 10)]


async def test_who_asks_again_keeps_the_turn_and_the_place(
    line: Callable[..., Line], guild_id: int
) -> None:
    waiting = line()
    (writer, *others) = await waiting.queue(guild_id, 4)
    lease = waiting.leases[writer]
    assert await waiting.connection.fetchval(TAKE, writer, guild_id, lease, 1) == 0
    for _ in range(2):
        assert [await waiting.take(question) for question in others] == [1, 2, 3]


async def test_a_turn_ends_with_its_workers_lease_and_its_question_is_first_again(
    line: Callable[..., Line], guild_id: int
) -> None:
    mortal = line()
    dying = await mortal.ask(guild_id)
    assert await mortal.take(dying, seconds=0.2) == 0
    waiting = await mortal.ask(guild_id)
    assert await mortal.take(waiting) == 1
    assert await mortal.connection.fetch(CALLED, 1) == []
    await asyncio.sleep(0.25)
    assert await mortal.take(waiting) == 1
    assert [row[0] for row in await mortal.connection.fetch(CALLED, 1)] == [dying]
    assert await mortal.take(dying) == 0


async def test_an_overtaken_worker_takes_nothing_from_its_successor(
    line: Callable[..., Line], guild_id: int
) -> None:
    contested = line()
    (question, waiting) = await contested.queue(guild_id, 2)
    overtaken = contested.leases[question]
    assert await contested.take(question) == 0
    assert await contested.connection.fetch(END, question, overtaken, 1) == []
    assert await contested.take(waiting) == 1


async def test_whoever_is_given_up_or_deleted_holds_nobody_up(
    line: Callable[..., Line], guild_id: int
) -> None:
    fading = line()
    (writer, failed, deleted, waiting) = await fading.queue(guild_id, 4)
    await fading.connection.execute("UPDATE questions SET starts = 10 WHERE id = $1", failed)
    await fading.connection.execute("SELECT lore_give_up()")
    await fading.connection.execute("DELETE FROM questions WHERE id = $1", deleted)
    assert await fading.take(waiting) == 1
    assert await fading.end(writer) == [waiting]


async def test_the_sweep_finds_whose_turn_it_is_and_clears_away_what_has_ended(
    line: Callable[..., Line], guild_id: int
) -> None:
    swept = line()
    (writer, ended, waiting, last) = await swept.queue(guild_id, 4)
    await swept.connection.execute("UPDATE questions SET status = 'answered' WHERE id = $1", ended)
    assert await swept.connection.fetch(CALLED, 1) == []
    # The worker that should have named the next one died before it could.
    await swept.connection.execute("DELETE FROM questions WHERE id = $1", writer)
    assert [row[0] for row in await swept.connection.fetch(CALLED, 1)] == [waiting]
    assert await swept.take(waiting) == 0
    assert await swept.connection.fetch(CALLED, 1) == []
    assert await swept.take(last) == 1
