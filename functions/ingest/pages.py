"""The pages a list names: documents of their own, as many as the list says."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from functions.ingest import queries
from functions.ingest.listing import ListedPage, Listing
from functions.ingest.schemas import SITEMAP, VersionAtWork
from functions.runtime.clients import Clients
from functions.runtime.errors import LorekeeperError
from functions.runtime.events import DOCUMENT_UPLOADED, Event
from functions.runtime.leases import Lease, LeaseLostError, mark_handled
from functions.runtime.web.addresses import canonical, read_address
from functions.runtime.web.robots import Rules

MAXIMUM_PAGES = 1000
LEAST_DELAY = 0.2
# The sweep wakes the rest when it is their turn.
WOKEN_AT_ONCE = 20


class EmptyListError(LorekeeperError):
    """This list names no page that can be read. Check the address and add it again."""

    status = 422
    code = "empty_list"


class DeepListError(LorekeeperError):
    """A list within a list within a list is not followed. Add the sitemap itself."""

    status = 422
    code = "deep_list"


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """The pages of a list that are read, and how many are not, for what reason."""

    pages: tuple[ListedPage, ...]
    named: tuple[str, ...]
    delay: float
    elsewhere: int = 0
    closed: int = 0
    unseen: int = 0


async def publish_listing(
    clients: Clients, lease: Lease, event: Event, *, version: VersionAtWork, listing: Listing
) -> None:
    """Make a document of each page the list names, and the list ready, in one transaction.

    Raises EmptyListError, DeepListError, LeaseLostError; TryLaterError is transient.
    """
    chosen = await _select(clients, version, listing)
    if not chosen.pages:
        raise EmptyListError
    async with clients.database.guild(lease.guild_id) as session:
        guarded = {"version_id": lease.row_id, "lease_id": lease.lease_id}
        if (await session.execute(queries.LOCK, guarded)).first() is None:
            raise LeaseLostError
        room = await _room(session, version, listing)
        await refresh_pages(session, version.document_id, listing, delay=chosen.delay)
        waiting = await _exchange_pages(
            session, lease, version, chosen=chosen, room=room, whole=listing.whole
        )
        await _make_ready(session, lease, version, listing=listing, chosen=chosen)
        await mark_handled(session, lease, event)
    await _wake(clients, waiting)


async def refresh_pages(
    session: AsyncSession, document_id: UUID, listing: Listing, *, delay: float
) -> None:
    """Have those known pages fetched again that the list does not say are unchanged."""
    values = {
        "document_id": document_id,
        "addresses": [page.address for page in listing.pages],
        "changes": [page.changed for page in listing.pages],
        "delay": max(delay, LEAST_DELAY),
    }
    await session.execute(queries.REFRESH_PAGES, values)


async def _select(clients: Clients, version: VersionAtWork, listing: Listing) -> Selection:
    """Choose the pages of a sitemap's own site that are open; a list of ours may name any."""
    named = tuple(page.address for page in listing.pages)
    if listing.media_type != SITEMAP or not listing.pages:
        return Selection(pages=listing.pages, named=named, delay=LEAST_DELAY)
    # An uploaded sitemap has no site but the one it speaks of first.
    home = version.source_name if version.is_page else named[0]
    home = canonical(read_address(home, allowed=clients.settings.web_allowed))
    rules = await clients.robots.rules(home)
    own = [page for page in listing.pages if _host(page.address) == _host(home)]
    # Rules made to be slow take 70 ms a page: that is bounded, and in nobody's way.
    looked_at = own[: 2 * MAXIMUM_PAGES]
    pages = await asyncio.to_thread(_open_pages, looked_at, rules)
    return Selection(
        pages=pages,
        named=named,
        delay=max(rules.delay, LEAST_DELAY),
        elsewhere=len(named) - len(own),
        closed=len(looked_at) - len(pages),
        unseen=len(own) - len(looked_at),
    )


def _open_pages(pages: Sequence[ListedPage], rules: Rules) -> tuple[ListedPage, ...]:
    return tuple(page for page in pages if rules.allows(page.address))


def _host(address: str) -> str:
    return urlsplit(address).netloc.removeprefix("www.")


async def _room(session: AsyncSession, version: VersionAtWork, listing: Listing) -> int:
    """Return how many pages the list may have in all, its sister lists' pages left out.

    The first list is locked meanwhile, so that sisters count one after the other.
    """
    if version.listed_by is None:
        return MAXIMUM_PAGES
    family = {"document_id": version.document_id, "listed_by": version.listed_by}
    parent = (await session.execute(queries.LOCK_PARENT, family)).one()
    if parent.listed_by is not None or listing.is_index or listing.media_type != SITEMAP:
        raise DeepListError
    return max(0, MAXIMUM_PAGES - int(await session.scalar(queries.COUNT_FAMILY, family) or 0))


async def _exchange_pages(
    session: AsyncSession,
    lease: Lease,
    version: VersionAtWork,
    *,
    chosen: Selection,
    room: int,
    whole: bool,
) -> Sequence[UUID]:
    """Add what is new and delete what is gone; return the versions whose turn it is at once."""
    values = {"guild_id": lease.guild_id, "document_id": version.document_id}
    if whole:
        await session.execute(queries.FORGET_PAGES, {**values, "addresses": list(chosen.named)})
    kept = int(await session.scalar(queries.COUNT_PAGES, values) or 0)
    added = await session.scalars(
        queries.ADD_PAGES,
        {
            **values,
            "addresses": [page.address for page in chosen.pages],
            "room": max(0, room - kept),
            "delay": chosen.delay,
            "soon": WOKEN_AT_ONCE if chosen.delay <= LEAST_DELAY else 1,
        },
    )
    return added.all()


async def _make_ready(
    session: AsyncSession,
    lease: Lease,
    version: VersionAtWork,
    *,
    listing: Listing,
    chosen: Selection,
) -> None:
    document = {
        "document_id": version.document_id,
        "version_id": lease.row_id,
        "number": version.number,
    }
    pages = int(await session.scalar(queries.COUNT_PAGES, document) or 0)
    if (await session.execute(queries.SWITCH_LIST, document)).first() is not None:
        await session.execute(queries.FORGET_OTHERS, document)
    await session.execute(
        queries.READY_LIST,
        {
            "version_id": lease.row_id,
            "lease_id": lease.lease_id,
            "notices": _notice(pages, listing, chosen),
            "media_type": listing.media_type,
            "text": "\n".join(chosen.named),
        },
    )


def _notice(pages: int, listing: Listing, chosen: Selection) -> str:
    kind = "sitemap" if listing.is_index else "page"
    lists = f"{kind}s; each is a document" if pages != 1 else f"{kind}, which is a document"
    remarks = (
        (
            len(chosen.pages) + chosen.unseen - pages,
            f"were here already or exceed the limit of {MAXIMUM_PAGES:,}",
        ),
        (chosen.elsewhere, "lead to other sites and were left out"),
        (chosen.closed, "are closed to programs (robots.txt) and were left out"),
        (listing.refused, "are not public web addresses and were left out"),
    )
    said = [f"{count:,} more {remark}." for count, remark in remarks if count > 0]
    if not listing.whole:
        said.append("It is damaged and was read as far as possible, so no page was deleted.")
    return " ".join([f"Lists {pages:,} {lists} of its own.", *said])


async def _wake(clients: Clients, version_ids: Sequence[UUID]) -> None:
    if clients.settings.event_sink is None:
        # Without a broker to reach, the sweep finds them within seconds.
        return
    for version_id in version_ids:
        await clients.events.publish(DOCUMENT_UPLOADED, row_id=version_id, name="version_id")
