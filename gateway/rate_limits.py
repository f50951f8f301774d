"""Budgets per principal, counted in PostgreSQL so that every replica shares them."""

import math
from hashlib import sha256

import msgspec
from fastapi import Request
from sqlalchemy import text

from db.session import Database
from functions.runtime.errors import InvalidRequestError, RateLimitedError
from functions.runtime.settings import Settings
from gateway.words import Viewer


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """How much a principal may spend within any stretch of ``seconds``."""

    name: str
    limit: int
    seconds: int = 60


READS = Budget(name="reads", limit=600)
ASKS = Budget(name="asks", limit=60)
UPLOADS = Budget(name="uploads", limit=300)
DOWNLOADS = Budget(name="downloads", limit=120)
# On one's own machine a folder of thousands of files goes in at once, watched from the command
# line and the dashboard by one and the same person.
LOCAL_READS = Budget(name="reads", limit=6000)
LOCAL_UPLOADS = Budget(name="uploads", limit=100_000)
LOCAL_DOWNLOADS = Budget(name="downloads", limit=6000)
# Each call of the command line signs in anew, and a script asks as fast as it is answered.
LOCAL_ASKS = Budget(name="asks", limit=6000)
LOCAL_SIGN_INS = Budget(name="sign-ins", limit=6000)

# What was spent in the window before counts by the share of it that the last `seconds` still
# cover, so that a turn of the window does not double the budget. A refusal spends nothing.
CHARGE = text("""
WITH request AS (
  SELECT CAST(:principal AS text) AS principal, CAST(:cost AS bigint) AS cost,
         CAST(:most AS bigint) AS most, CAST(:seconds AS float8) AS seconds,
         extract(epoch FROM clock_timestamp()) AS now
), state AS (
  SELECT request.*, to_timestamp(floor(now / seconds) * seconds) AS start,
         (floor(now / seconds) + 1) * seconds - now AS remaining
  FROM request
), due AS (
  SELECT state.*, coalesce(floor(previous.spent * remaining / seconds), 0) AS carried
  FROM state LEFT JOIN rate_counters previous ON previous.principal = state.principal
    AND previous.window_start = state.start - make_interval(secs => seconds)
), charged AS (
  INSERT INTO rate_counters AS counter (principal, window_start, spent)
  SELECT principal, start, cost FROM due WHERE carried + cost <= most
  ON CONFLICT (principal, window_start) DO UPDATE SET spent = counter.spent + excluded.spent
  WHERE counter.spent + excluded.spent + (SELECT carried FROM due) <= (SELECT most FROM due)
  RETURNING spent
)
SELECT EXISTS (SELECT FROM charged) AS allowed, remaining FROM due
""")
# A counter that a crash forgets costs nobody anything; waiting for the disk would.
NO_WAIT = text("SET LOCAL synchronous_commit = off")


class BudgetSpentError(RateLimitedError):
    """That was too much at once. Wait a little and try again."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"That was too much at once. Try again in {retry_after} seconds.")
        self.retry_after = retry_after


def reads_budget(settings: Settings) -> Budget:
    """Return how much a person may read."""
    return LOCAL_READS if settings.in_development else READS


def asks_budget(settings: Settings) -> Budget:
    """Return how many questions a person may ask."""
    return LOCAL_ASKS if settings.in_development else ASKS


def uploads_budget(settings: Settings) -> Budget:
    """Return how many files a person may send."""
    return LOCAL_UPLOADS if settings.in_development else UPLOADS


def downloads_budget(settings: Settings) -> Budget:
    """Return how many files a person may have sent to them."""
    return LOCAL_DOWNLOADS if settings.in_development else DOWNLOADS


def principal(request: Request, viewer: Viewer | None) -> str:
    """Return an opaque name for who is charged: the person, else the address that connected.

    ``X-Forwarded-For`` is whatever its sender likes it to be, so it names nobody.
    """
    address = request.client.host if request.client else "unknown"
    identity = f"user {viewer.user_id}" if viewer else f"address {address}"
    return sha256(identity.encode()).hexdigest()[:32]


async def charge(database: Database, budget: Budget, *, principal: str, cost: int = 1) -> None:
    """Spend ``cost`` of a budget; raise BudgetSpentError where too little of it is left."""
    if cost > budget.limit:
        raise InvalidRequestError("That asks for too much at once. Ask for less of it.")
    values = {
        "principal": f"{budget.name}:{principal}",
        "cost": cost,
        "most": budget.limit,
        "seconds": budget.seconds,
    }
    async with database.transaction() as session:
        await session.execute(NO_WAIT)
        allowed, remaining = (await session.execute(CHARGE, values)).one()
    if not allowed:
        raise BudgetSpentError(retry_after=max(1, math.ceil(remaining)))
