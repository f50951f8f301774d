"""Pages of the web as documents: added by their address, checked again in a rhythm."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from db.session import Database
from functions.runtime.events import DOCUMENT_UPLOADED
from tests.integration.gateway.conftest import Broker, Library, Person

ADD = """mutation($g:ID!,$u:String!,$t:String,$h:Int){
  addAddress(guildId:$g,url:$u,title:$t,refreshHours:$h){
    id title sourceName sourceUrl origin status versionNumber refreshHours nextRefreshAt checkedAt
  }}"""
SET = """mutation($g:ID!,$d:ID!,$h:Int){
  setRefresh(guildId:$g,documentId:$d,hours:$h){refreshHours nextRefreshAt}}"""
RETRY_ALL = "mutation($g:ID!){retryFailedDocuments(guildId:$g)}"
LISTED = """query($g:ID!,$l:ID,$grouped:Boolean!=false){
  guild(id:$g){documents(listedBy:$l,grouped:$grouped){totalCount nodes{title listedBy}}}}"""


async def _rows(database: Database, guild_id: int) -> list[tuple[Any, ...]]:
    async with database.guild(guild_id) as session:
        rows = await session.execute(
            text(
                "SELECT source_url, refresh_seconds, number, fetch_url, content, size_bytes,"
                " next_refresh_at > now() FROM documents"
                " JOIN document_versions ON document_id = documents.id ORDER BY number"
            )
        )
    return [tuple(row) for row in rows]


async def _end(database: Database, guild_id: int, status: str = "ready") -> None:
    async with database.guild(guild_id) as session:
        await session.execute(text("UPDATE document_versions SET status = :s"), {"s": status})


async def test_an_address_becomes_a_document_that_waits_to_be_fetched(
    moderator: Person, guild_id: int, database: Database, broker: Broker
) -> None:
    address = "https://Example.org:443/handbook?page=1#top"
    added = (await moderator.data(ADD, g=str(guild_id), u=address, h=24))["addAddress"]
    kept = "https://example.org/handbook?page=1"
    assert added | {"id": "", "nextRefreshAt": ""} == {
        "id": "",
        "title": kept,
        "sourceName": kept,
        "sourceUrl": kept,
        "origin": "url",
        "status": "RECEIVED",
        "versionNumber": 1,
        "refreshHours": 24,
        "nextRefreshAt": "",
        "checkedAt": None,
    }
    assert await _rows(database, guild_id) == [(kept, 86_400, 1, kept, None, 0, True)]
    assert [kind for kind, _ in broker.told()] == [DOCUMENT_UPLOADED]


async def test_a_known_address_is_fetched_again_and_keeps_what_was_said_of_it(
    moderator: Person, guild_id: int, database: Database, broker: Broker
) -> None:
    page = {"g": str(guild_id), "u": "https://example.org/"}
    first = (await moderator.data(ADD, **page, t="Home", h=24))["addAddress"]
    waiting = (await moderator.data(ADD, **page))["addAddress"]
    assert waiting == first, "one that is on its way is enough"
    await _end(database, guild_id)
    again = (await moderator.data(ADD, **page))["addAddress"]
    assert (again["id"], again["versionNumber"], again["status"]) == (first["id"], 2, "RECEIVED")
    assert (again["title"], again["refreshHours"]) == ("Home", 24)
    assert len(broker.events) == 2


@pytest.mark.parametrize(
    ("variables", "word"),
    [
        pytest.param({"u": ""}, "not a web address", id="nothing"),
        pytest.param({"u": "ftp://example.org/"}, "http:// or https://", id="another protocol"),
        pytest.param({"u": "file:///etc/passwd"}, "http:// or https://", id="a file"),
        pytest.param({"u": "https://me:secret@example.org/"}, "password", id="a password"),
        pytest.param({"u": "https://example.org/" + "a" * 2000}, "2,000", id="a long one"),
        pytest.param({"u": "https://example.org/", "h": 0}, "1 to 8760", id="every no hours"),
        pytest.param({"u": "https://example.org/", "h": 8761}, "1 to 8760", id="over a year"),
        pytest.param({"u": "https://example.org/", "t": "x" * 201}, "200", id="a long title"),
    ],
)
async def test_what_cannot_be_fetched_is_refused_before_it_is_kept(
    moderator: Person,
    guild_id: int,
    database: Database,
    broker: Broker,
    variables: dict[str, Any],
    word: str,
) -> None:
    error = await moderator.error(ADD, g=str(guild_id), **variables)
    assert error["code"] in {"invalid_request", "address"}
    assert word in error["message"]
    assert await _rows(database, guild_id) == []
    assert broker.events == []


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://127.0.0.1/", id="this machine"),
        pytest.param("http://169.254.169.254/latest/meta-data/", id="a cloud's secrets"),
        pytest.param("http://0x7f.1/", id="this machine in disguise"),
        pytest.param("http://[::ffff:10.0.0.1]/", id="an inner address wrapped in another"),
        pytest.param("https://example.org:8443/", id="a port of its own"),
    ],
)
async def test_an_inner_address_is_refused_where_it_is_typed(
    moderator: Person, guild_id: int, database: Database, url: str
) -> None:
    error = await moderator.error(ADD, g=str(guild_id), u=url)
    assert error["code"] == "address_refused"
    assert await _rows(database, guild_id) == []


async def test_the_rhythm_counts_from_the_last_check_and_can_end(
    moderator: Person, guild_id: int, database: Database
) -> None:
    added = await moderator.data(ADD, g=str(guild_id), u="https://example.org/")
    target = {"g": str(guild_id), "d": added["addAddress"]["id"]}
    async with database.guild(guild_id) as session:
        await session.execute(text("UPDATE documents SET checked_at = '2026-01-01T00:00:00Z'"))
    daily = (await moderator.data(SET, **target, h=24))["setRefresh"]
    assert daily == {"refreshHours": 24, "nextRefreshAt": "2026-01-02T00:00:00+00:00"}
    never = (await moderator.data(SET, **target, h=None))["setRefresh"]
    assert never == {"refreshHours": None, "nextRefreshAt": None}
    for hours in (0, -1, 8761):
        assert (await moderator.error(SET, **target, h=hours))["code"] == "invalid_request"


async def test_a_file_is_not_checked_on_the_web(moderator: Person, library: Library) -> None:
    target = {"g": str(library.guild_id), "d": str(library.document_id)}
    error = await moderator.error(SET, **target, h=24)
    assert "came from a web address" in error["message"]


async def test_every_failed_document_is_tried_again_and_no_other(
    moderator: Person, library: Library, database: Database, broker: Broker
) -> None:
    failed = set()
    for number in range(3):
        name = f"{number}.md"
        answer = await moderator.upload(library.guild_id, name.encode(), name=name)
        failed.add(answer.json()["versionId"])
    async with database.guild(library.guild_id) as session:
        await session.execute(
            text("UPDATE document_versions SET status = 'dead' WHERE id = ANY(:ids)"),
            {"ids": [UUID(one) for one in failed]},
        )
    broker.events.clear()
    assert await moderator.data(RETRY_ALL, g=str(library.guild_id)) == {"retryFailedDocuments": 3}
    assert {data["version_id"] for _, data in broker.told()} == failed
    assert await moderator.data(RETRY_ALL, g=str(library.guild_id)) == {"retryFailedDocuments": 0}


async def test_the_pages_of_a_sitemap_can_be_listed_alone(
    moderator: Person, library: Library, database: Database
) -> None:
    added = await moderator.data(ADD, g=str(library.guild_id), u="https://example.org/page")
    async with database.guild(library.guild_id) as session:
        await session.execute(
            text("UPDATE documents SET listed_by = :lister WHERE id = :id"),
            {"lister": library.document_id, "id": UUID(added["addAddress"]["id"])},
        )
    lister = str(library.document_id)
    data = await moderator.data(LISTED, g=str(library.guild_id), l=lister)
    assert data["guild"]["documents"] == {
        "totalCount": 1,
        "nodes": [{"title": "https://example.org/page", "listedBy": lister}],
    }
    everything = await moderator.data(LISTED, g=str(library.guild_id), l=None)
    assert everything["guild"]["documents"]["totalCount"] == 2
    # Whoever asks for such a page keeps it, whatever becomes of the list.
    await moderator.data(ADD, g=str(library.guild_id), u="https://example.org/page")
    kept = await moderator.data(LISTED, g=str(library.guild_id), l=lister)
    assert kept["guild"]["documents"]["totalCount"] == 0


async def test_a_list_stands_for_its_pages_but_for_those_that_failed(
    moderator: Person, library: Library, database: Database
) -> None:
    guild = str(library.guild_id)
    for name in ("good", "bad"):
        added = await moderator.data(ADD, g=guild, u=f"https://example.org/{name}")
        async with database.guild(library.guild_id) as session:
            document = {"id": UUID(added["addAddress"]["id"])}
            status = {"status": {"good": "processing", "bad": "failed"}[name]}
            await session.execute(
                text("UPDATE documents SET listed_by = :lister WHERE id = :id"),
                document | {"lister": library.document_id},
            )
            await session.execute(
                text("UPDATE document_versions SET status = :status WHERE document_id = :id"),
                document | status,
            )
    grouped = (await moderator.data(LISTED, g=guild, grouped=True))["guild"]["documents"]
    assert grouped["totalCount"] == 2
    assert {node["title"] for node in grouped["nodes"]} == {
        "Adding knowledge",
        "https://example.org/bad",
    }
    everything = await moderator.data(LISTED, g=guild, grouped=False)
    assert everything["guild"]["documents"]["totalCount"] == 3
