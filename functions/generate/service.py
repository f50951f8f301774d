"""Take a question to its one answer, and that to whoever asked, however often it is asked for."""

import json
import logging
from uuid import UUID, uuid4

import msgspec

from functions.generate import queries
from functions.generate.answering import Job, answer
from functions.generate.caching import remember
from functions.generate.delivery import deliver
from functions.generate.progress import Progress
from functions.generate.schemas import Outcome, Question, Waiting
from functions.generate.turns import Turn, wake
from functions.runtime.clients import Clients
from functions.runtime.errors import LorekeeperError, UnavailableError
from functions.runtime.events import Event
from functions.runtime.leases import (
    LEASE_SECONDS,
    MAXIMUM_ATTEMPTS,
    Lease,
    LeaseLostError,
    claim,
    guild_of,
    held,
    mark_handled,
    release,
)

log = logging.getLogger(__name__)
# The broker tries a second time at once, after that the sweep does, which comes every ten seconds:
# five attempts stretch over a minute, and a service that is started again costs nobody an answer.
FIRST_WAIT_SECONDS = 4.0
# Discord answers again within minutes, and the token lives for fifteen.
DELIVERY_WAIT_SECONDS = 15.0
GIVEN_UP = "Something on our side did not work, again and again. Ask your question once more later."


async def generate(clients: Clients, event: Event) -> None:
    """Handle a question.asked event; doubled, late and stray ones change nothing."""
    question_id = event.row_id("question_id")
    open_lease = await claim(clients.database, "questions", question_id)
    lease = open_lease or await _claim_delivery(clients, question_id)
    if lease is None:
        return
    try:
        async with held(clients.database, lease):
            if open_lease is None or await _answer(clients, lease, event):
                await _deliver(clients, lease)
    except LeaseLostError:
        log.warning("question taken over", extra={"row": question_id})


async def _claim_delivery(clients: Clients, question_id: UUID) -> Lease | None:
    """Lease a question that ended but was not delivered; None where there is nothing to do."""
    guild_id = await guild_of(clients.database, "questions", question_id)
    if guild_id is None:
        return None
    lease_id = uuid4()
    values = {"question_id": question_id, "lease_id": lease_id, "seconds": LEASE_SECONDS}
    async with clients.database.guild(guild_id) as session:
        attempts = await session.scalar(queries.CLAIM_DELIVERY, values)
    if attempts is None:
        return None
    return Lease(
        table="questions",
        row_id=question_id,
        guild_id=guild_id,
        lease_id=lease_id,
        attempts=attempts,
    )


async def _answer(clients: Clients, lease: Lease, event: Event) -> bool:
    """Bring a question to its end; return whether it has one, or waits for the model instead."""
    async with clients.database.guild(lease.guild_id) as session:
        scope = {"question_id": lease.row_id, "lease_id": lease.lease_id}
        row = (await session.execute(queries.BEGIN, scope)).mappings().one_or_none()
    if row is None:
        raise LeaseLostError
    question = Question(**row)
    turn = Turn(clients, lease, is_in_line=question.in_line)
    try:
        async with Progress(clients, lease) as progress:
            job = Job(clients=clients, question=question, turn=turn, progress=progress)
            outcome: Outcome | Waiting | None
            try:
                outcome = await answer(job)
            except LeaseLostError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it was, the row must learn of it
                outcome = await _after_failure(clients, lease, error)
        if outcome is None or isinstance(outcome, Waiting):
            return False
        await _publish(job, lease, event, outcome)
    finally:
        await turn.leave()
    return True


async def _after_failure(clients: Clients, lease: Lease, error: Exception) -> Outcome | None:
    """Give the question back to be tried again; after the last attempt, return its sad end.

    Raises UnavailableError after the first attempt, for the broker to try again at once.
    """
    log.warning(
        "question not answered",
        extra={"row": lease.row_id, "attempts": lease.attempts + 1},
        exc_info=error,
    )
    if lease.attempts + 1 >= MAXIMUM_ATTEMPTS:
        return Outcome(status="failed", reason=GIVEN_UP)
    wait = FIRST_WAIT_SECONDS * 2**lease.attempts
    await release(clients.database, lease, failed=True, wait_seconds=wait)
    if lease.attempts:
        return None
    if isinstance(error, LorekeeperError) and error.status == UnavailableError.status:
        raise error
    raise UnavailableError from error


async def _publish(job: Job, lease: Lease, event: Event, outcome: Outcome) -> None:
    """Write the outcome in one transaction; raise LeaseLostError where somebody took over."""
    draft = outcome.draft
    values = {
        "question_id": lease.row_id,
        "lease_id": lease.lease_id,
        "status": outcome.status,
        "answer": draft.text if draft else None,
        "kind": draft.kind if draft and outcome.status == "answered" else None,
        "model": draft.model if draft else None,
        "evidence": outcome.evidence,
        "reason": outcome.reason,
        "failed": int(outcome.status == "failed"),
        "timings": json.dumps(job.timings_ms()),
        "record": msgspec.json.encode(job.record).decode(),
    }
    async with job.clients.database.guild(lease.guild_id) as session:
        if await session.scalar(queries.PUBLISH, values) is None:
            raise LeaseLostError
        scope = {"question_id": lease.row_id, "guild_id": lease.guild_id}
        await session.execute(queries.FORGET_CITATIONS, {"question_id": lease.row_id})
        for citation in draft.citations if draft else []:
            fields = {name: getattr(citation, name) for name in citation.__struct_fields__}
            await session.execute(queries.INSERT_CITATION, {**scope, **fields})
        if job.kept and outcome.status == "answered":
            await remember(
                session, job.question, job.record, settings=job.clients.settings, kept=job.kept
            )
        await mark_handled(session, lease, event)
        # Whoever is next need not wait until this answer is delivered.
        called = await job.turn.end(session)
    await wake(job.clients, called)


async def _deliver(clients: Clients, lease: Lease) -> None:
    """Deliver the outcome, or leave it to the sweep: no broker waits as long as Discord asks."""
    try:
        await deliver(clients, lease)
    except UnavailableError as error:
        wait = max(DELIVERY_WAIT_SECONDS, clients.discord.rest_seconds())
        log.warning("not delivered yet", extra={"row": lease.row_id, "reason": error.message})
        await release(clients.database, lease, failed=False, wait_seconds=wait)
