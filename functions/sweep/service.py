"""Find work that nobody finished and pages that are due; forget what has expired."""

import logging
from typing import Any

from db.session import Database
from functions.runtime.events import DOCUMENT_UPLOADED, QUESTION_ASKED, Event, EventPublisher
from functions.sweep import queries
from functions.sweep.schemas import Swept

log = logging.getLogger(__name__)
# A sweep comes every ten seconds; more than this would only queue up behind the workers.
MOST_AT_ONCE = 200
EVENTS = {
    "document": (DOCUMENT_UPLOADED, "version_id"),
    "question": (QUESTION_ASKED, "question_id"),
}


async def sweep(database: Database, events: EventPublisher, *, slots: int) -> Swept:
    """Have due pages fetched, wake overdue rows, end hopeless ones, expire tokens and sign-ins.

    ``slots`` are the model's: whose turn it is and nobody has told so is woken as well.
    """
    async with database.transaction() as session:
        refreshed = await session.scalar(queries.REFRESH, {"most": MOST_AT_ONCE})
        given_up = await session.scalar(queries.GIVE_UP)
        expired = await session.scalar(queries.EXPIRE)
        overdue = (await session.execute(queries.OVERDUE, {"most": MOST_AT_ONCE})).all()
        called = (await session.scalars(queries.CALLED, {"slots": slots})).all()
    due = [(kind, row_id) for kind, row_id in overdue] + [("question", row) for row in called]
    sent = 0
    for kind, row_id in dict.fromkeys(due):
        event_type, name = EVENTS[kind]
        sent += await events.publish(event_type, row_id=row_id, name=name, again=True)
    swept = Swept(
        refreshed=refreshed or 0,
        overdue=len(overdue),
        called=len(called),
        sent=sent,
        given_up=given_up or 0,
        expired=expired or 0,
    )
    if any(swept.as_fields().values()):
        log.info("swept", extra=swept.as_fields())
    return swept


async def record_dead_letter(database: Database, event: Event, *, error_code: str | None) -> None:
    """Keep the ids of an event nobody could handle; its row is still the sweep's to wake."""
    values: dict[str, Any] = {
        "source": event.source,
        "event_id": event.id,
        "type": event.type,
        "subject": event.subject,
        "error_code": error_code,
    }
    async with database.transaction() as session:
        await session.execute(queries.RECORD_DEAD_LETTER, values)
    log.error("dead letter", extra={"type": event.type, "subject": event.subject})
