import asyncio
import json
from typing import Any

import pytest

from functions.runtime.discord.signing import MANAGE_GUILD, Upload
from functions.runtime.tokens import decrypt_token

CDN = "https://cdn.discordapp.com/ephemeral-attachments/1/2/"
VERSIONS = """
    SELECT versions.*, documents.source_name, documents.title, documents.origin,
      documents.given_title, documents.source_url, documents.uploaded_by
    FROM document_versions versions JOIN documents ON documents.id = versions.document_id
    WHERE versions.guild_id = $1 ORDER BY versions.number
"""
ADMINISTRATOR = 1 << 3


def file(name: str = "guide.md", *, size: int = 1000, url: str = CDN + "guide.md?ex=1") -> Any:
    return {"file": Upload(name=name, size=size, url=url)}


def add(world: Any, guild_id: int, options: Any, *, permissions: int = MANAGE_GUILD) -> Any:
    return world.command("kb add", options, guild_id=guild_id, permissions=permissions)


async def test_a_file_is_a_row_an_event_and_a_private_promise(
    world: Any, settings: Any, guild_id: int
) -> None:
    command = add(world, guild_id, file())

    answer = await world.post(command)

    [version] = await world.rows(VERSIONS, guild_id)
    [interaction] = await world.rows("SELECT * FROM interactions WHERE guild_id = $1", guild_id)
    [event] = world.events
    assert answer == {"type": 5, "data": {"flags": 64}}
    assert (version["status"], version["number"], version["content"]) == ("received", 1, None)
    assert (version["fetch_url"], version["size_bytes"]) == (CDN + "guide.md?ex=1", 1000)
    assert (version["source_name"], version["origin"]) == ("guide.md", "discord")
    assert str(version["uploaded_by"]) == command["member"]["user"]["id"]
    assert interaction["version_id"] == version["id"]
    opened = decrypt_token(
        interaction["token"], key=settings.secret(), interaction_id=interaction["id"]
    )
    assert opened == command["token"]
    assert event["ce-type"] == "dev.lorekeeper.document.uploaded.v1"
    assert event["ce-id"] == event["ce-subject"] == str(version["id"])
    assert json.loads(event["body"]) == {"version_id": str(version["id"])}


async def test_the_same_name_is_the_next_version_of_the_same_document(
    world: Any, guild_id: int
) -> None:
    await asyncio.gather(*(world.post(add(world, guild_id, file())) for _ in range(6)))
    await world.post(add(world, guild_id, file("other.md")))

    versions = await world.rows(VERSIONS, guild_id)
    guide = [version for version in versions if version["source_name"] == "guide.md"]
    assert [version["number"] for version in guide] == [1, 2, 3, 4, 5, 6]
    assert len({version["document_id"] for version in guide}) == 1
    assert len(versions) == 7


async def test_an_upload_delivered_twice_is_one_version(world: Any, guild_id: int) -> None:
    command = add(world, guild_id, file())

    answers = await asyncio.gather(*(world.post(command) for _ in range(6)))

    assert answers == [{"type": 5, "data": {"flags": 64}}] * 6
    assert len(await world.rows(VERSIONS, guild_id)) == 1
    assert len(world.events) == 1


@pytest.mark.parametrize(
    ("options", "permissions", "word", "remark"),
    [
        (file(), 0, "manage this server", "a member"),
        (file(), ~(MANAGE_GUILD | ADMINISTRATOR) & (2**53 - 1), "manage this server", "all else"),
        ({}, MANAGE_GUILD, "Nothing came", "no file"),
        ({"title": "Only a title"}, MANAGE_GUILD, "Nothing came", "a title alone"),
        ({**file(), "url": "https://a.org"}, MANAGE_GUILD, "not both", "a file and an address"),
        ({**file(), "title": "x" * 201}, MANAGE_GUILD, "200", "a title without end"),
        ({"url": "ftp://a.org/x"}, MANAGE_GUILD, "web address", "another scheme"),
        ({"url": "a.org"}, MANAGE_GUILD, "web address", "no scheme"),
        ({"url": "https://"}, MANAGE_GUILD, "web address", "no host"),
        ({"url": "https://[::1"}, MANAGE_GUILD, "web address", "a host that is none"),
        ({"url": "https://a.org:99999/"}, MANAGE_GUILD, "web address", "a port that is none"),
        ({"url": "https://me:pw@a.org/"}, MANAGE_GUILD, "password", "a password"),
        ({"url": "https://a.org/" + "x" * 2000}, MANAGE_GUILD, "2,000", "too long"),
        ({"url": "https://discord.com/channels/1/2/3"}, MANAGE_GUILD, "Apps", "a message"),
        ({"file": "123"}, MANAGE_GUILD, "Nothing came", "an id that nothing stands for"),
        (file(size=25 * 2**20 + 1), MANAGE_GUILD, "25 MiB", "too large"),
        (file(size=0), MANAGE_GUILD, "empty", "nothing in it"),
        (file(url="https://evil.test/a"), MANAGE_GUILD, "not an upload", "another host"),
        (file(url="http://cdn.discordapp.com/attachments/1/2/a"), MANAGE_GUILD, "not an upload",
         "in the clear"),
        (file(url="http://169.254.169.254/attachments/1/2/a"), MANAGE_GUILD, "not an upload",
         "the machine's own network"),
    ],
)  # fmt: skip
async def test_a_file_that_may_not_be_added_leaves_no_row(
    world: Any, guild_id: int, options: Any, permissions: int, word: str, remark: str
) -> None:
    answer = await world.post(add(world, guild_id, options, permissions=permissions))

    assert (answer["type"], answer["data"]["flags"]) == (4, 64), remark
    assert word in answer["data"]["content"], remark
    assert await world.rows(VERSIONS, guild_id) == []
    assert world.events == []


@pytest.mark.parametrize(
    ("options", "permissions", "remark"),
    [
        (file(size=25 * 2**20), MANAGE_GUILD, "the largest"),
        (file(), ADMINISTRATOR, "an administrator"),
        (file(url="http://discord.test/ephemeral-attachments/1/2/a"), MANAGE_GUILD, "simulated"),
        (file(name="x" * 500 + ".md"), MANAGE_GUILD, "a name that is cut"),
    ],
)
async def test_any_other_file_is_taken(
    world: Any, guild_id: int, options: Any, permissions: int, remark: str
) -> None:
    answer = await world.post(add(world, guild_id, options, permissions=permissions))

    [version] = await world.rows(VERSIONS, guild_id)
    assert answer["type"] == 5, remark
    assert len(version["source_name"]) <= 200
    assert version["source_name"].endswith(".md")


async def test_an_address_is_a_document_of_the_web(world: Any, guild_id: int) -> None:
    options = {"url": "HTTPS://Docs.Example.org:443?a=1#part", "title": " Hand\u202ebook "}

    answer = await world.post(add(world, guild_id, options))

    [version] = await world.rows(VERSIONS, guild_id)
    address = "https://docs.example.org/?a=1"
    assert answer == {"type": 5, "data": {"flags": 64}}
    assert (version["source_name"], version["source_url"]) == (address, address)
    assert (version["fetch_url"], version["origin"]) == (address, "url")
    assert (version["title"], version["given_title"]) == ("Handbook", "Handbook")
    assert len(world.events) == 1


async def test_an_address_without_a_title_is_called_by_itself_and_known_again(
    world: Any, guild_id: int
) -> None:
    await world.post(add(world, guild_id, {"url": "https://docs.example.org"}))
    await world.post(add(world, guild_id, {"url": "https://docs.example.org/#top"}))

    first, second = await world.rows(VERSIONS, guild_id)
    assert (first["title"], first["given_title"]) == ("https://docs.example.org/", None)
    assert (second["document_id"], second["number"]) == (first["document_id"], 2)


@pytest.mark.parametrize(
    ("first", "then", "documents", "remark"),
    [
        ({**file(), "title": "Guide"}, {**file("b.pdf"), "title": "GUIDE"}, 1, "the same title"),
        ({**file(), "title": "Guide"}, {**file("b.pdf")}, 2, "another name, no title"),
        ({**file()}, {**file(), "title": "Guide"}, 1, "the same name"),
        ({**file()}, {**file("b.pdf"), "title": "guide.md"}, 1, "called as it is shown"),
        ({**file(), "title": "Guide"}, {**file("b.pdf"), "title": "Other"}, 2, "another title"),
        ({"url": "https://a.org/", "title": "Guide"}, {**file(), "title": "Guide"}, 2,
         "what is fetched from the web stays what it is"),
    ],
)  # fmt: skip
async def test_a_file_replaces_what_has_its_title_or_its_name(
    world: Any, guild_id: int, first: Any, then: Any, documents: int, remark: str
) -> None:
    await world.post(add(world, guild_id, first))
    await world.post(add(world, guild_id, then))

    versions = await world.rows(VERSIONS, guild_id)
    assert len(versions) == 2
    assert len({version["document_id"] for version in versions}) == documents, remark


async def test_a_document_that_is_replaced_by_its_title_takes_the_new_name(
    world: Any, guild_id: int
) -> None:
    await world.post(add(world, guild_id, {**file(), "title": "Guide"}))
    await world.post(add(world, guild_id, {**file("b.pdf"), "title": "Guide"}))
    await world.post(add(world, guild_id, file("c.md")))
    await world.post(add(world, guild_id, {**file("c.md"), "title": "Guide"}))

    versions = await world.rows(VERSIONS, guild_id)
    assert {version["source_name"] for version in versions} == {"b.pdf", "c.md"}


async def test_a_file_in_the_place_of_a_message_does_not_lead_back_to_it(
    world: Any, guild_id: int
) -> None:
    await world.post(add(world, guild_id, {**file(), "title": "Guide"}))
    await world.owner.execute(
        "UPDATE documents SET source_url = 'https://discord.com/channels/1/2/3', uploaded_by = 1,"
        " origin = 'upload' WHERE guild_id = $1",
        guild_id,
    )
    command = add(world, guild_id, {**file("b.pdf"), "title": "Guide"})
    await world.post(command)

    version = (await world.rows(VERSIONS, guild_id))[-1]
    assert (version["source_url"], version["origin"]) == (None, "discord")
    assert str(version["uploaded_by"]) == command["member"]["user"]["id"]


async def test_a_page_somebody_asks_for_leaves_the_list_that_named_it(
    world: Any, guild_id: int
) -> None:
    await world.post(add(world, guild_id, {"url": "https://docs.example.org/sitemap.xml"}))
    await world.post(add(world, guild_id, {"url": "https://docs.example.org/page"}))
    await world.owner.execute(
        "UPDATE documents page SET listed_by = list.id FROM documents list"
        " WHERE page.guild_id = $1 AND list.guild_id = $1"
        " AND page.source_name LIKE '%/page' AND list.source_name LIKE '%.xml'",
        guild_id,
    )
    await world.post(add(world, guild_id, {"url": "https://docs.example.org/page"}))

    listed = "SELECT 1 FROM documents WHERE guild_id = $1 AND listed_by IS NOT NULL"
    assert await world.rows(listed, guild_id) == []


async def test_one_title_at_six_times_is_one_document(world: Any, guild_id: int) -> None:
    await asyncio.gather(
        *(
            world.post(add(world, guild_id, {**file(f"{number}.md"), "title": "Guide"}))
            for number in range(6)
        )
    )

    versions = await world.rows(VERSIONS, guild_id)
    assert [version["number"] for version in versions] == [1, 2, 3, 4, 5, 6]
    assert len({version["document_id"] for version in versions}) == 1
