"""What the moderator who added a document in Discord hears of it."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from functions.ingest import progress
from functions.runtime.discord import edits
from functions.runtime.discord.client import AttachmentGoneError, Delivery, ForeignUrlError
from functions.runtime.errors import LorekeeperError, TooLargeError, UnavailableError
from tests.integration.ingest.conftest import GUIDE, Desk, Library, Stubborn


async def test_the_outcome_comes_last(library: Library, desk: Desk) -> None:
    version = await library.add_in_discord(GUIDE)
    assert await library.tell(version) == 204
    assert "is ready" in desk.told[-1]
    assert await library.rows("SELECT 1 FROM interactions WHERE delivered_at IS NOT NULL")


async def test_an_outcome_discord_did_not_take_is_told_with_the_next_event(
    library: Library, desk: Desk
) -> None:
    version = await library.add_in_discord(b"   ")
    desk.deliveries = [Delivery.DELIVERED, Delivery.UNAVAILABLE]
    assert await library.tell(version) == 204
    ((wait,),) = await library.rows(
        "SELECT CAST(extract(epoch FROM next_attempt_at - clock_timestamp()) AS float8)"
        " FROM document_versions"
    )
    assert 55 < wait <= 60
    assert [await library.tell(version) for _ in range(2)] == [204, 204]
    assert (await library.status(version)).status == "failed"
    outcomes = [message for message in desk.told if "no text" in message]
    assert len(outcomes) == 2


async def test_the_outcome_of_a_version_the_sweep_gave_up_is_told(
    library: Library, desk: Desk
) -> None:
    version = await library.add_in_discord(GUIDE)
    await library.rows(
        "UPDATE document_versions SET status = 'dead', status_reason = 'Given up.' RETURNING 1"
    )
    assert await library.tell(version) == 204
    assert desk.told == ["❌ **guide.md**: Given up."]


async def test_a_token_under_another_key_does_not_keep_a_document_from_being_read(
    library: Library, desk: Desk
) -> None:
    version = await library.add_in_discord(GUIDE, key=bytes(32))
    assert await library.tell(version) == 204
    assert (await library.status(version)).status == "ready"
    assert desk.told == []


async def test_reading_does_not_wait_for_discord(
    library: Library, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edits, "EDIT_SECONDS", 0)
    version = await library.add_in_discord(GUIDE)
    desk.open.clear()
    telling = asyncio.create_task(library.tell(version))
    while (await library.status(version)).status != "ready":
        assert not telling.done()
        await asyncio.sleep(0.01)
    assert desk.told == []
    desk.open.set()
    assert await telling == 204
    assert [message.startswith("⏳") for message in desk.told] == [True, False]


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (AttachmentGoneError(), "Attach it again"),
        (ForeignUrlError(), "Attach the file itself"),
        (TooLargeError("The file is larger than 25 MiB."), "25 MiB"),
    ],
)
async def test_a_file_that_will_never_come_fails_at_once(
    library: Library, desk: Desk, error: LorekeeperError, hint: str
) -> None:
    version = await _unfetched(library)
    desk.file = error
    assert await library.tell(version) == 204
    assert (await library.status(version)).status == "failed"
    assert hint in desk.told[-1]


async def test_a_file_discord_does_not_hand_over_yet_is_fetched_later(
    library: Library, desk: Desk, embedder: Stubborn
) -> None:
    version = await _unfetched(library)
    desk.file = UnavailableError()
    assert await library.tell(version) == 204
    desk.file = GUIDE
    embedder.failures = 1
    assert await library.tell(version) == 204
    desk.file = AttachmentGoneError()
    assert await library.tell(version) == 204
    assert (await library.status(version)).status == "ready"


async def _unfetched(library: Library) -> UUID:
    version = await library.add_in_discord(GUIDE)
    await library.rows(
        "UPDATE document_versions SET content = NULL, fetch_url = 'https://cdn.discordapp.com/attachments/1/2/x'"
        " RETURNING 1"
    )
    return version


async def test_whoever_added_a_document_hears_that_it_was_deleted_meanwhile(
    library: Library, desk: Desk, embedder: Stubborn, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = await library.add_in_discord(GUIDE)
    embed = embedder.embed_passages

    async def deleted_meanwhile(texts: Any) -> Any:
        await library.rows("DELETE FROM documents RETURNING 1")
        return await embed(texts)

    monkeypatch.setattr(embedder, "embed_passages", deleted_meanwhile)
    assert await library.tell(version) == 204
    assert desk.told[-1] == progress.DELETED
