"""Ingestion leaves few segments, and none of what no longer answers."""

import pytest
from sqlalchemy.exc import OperationalError

from functions.ingest import merging
from tests.integration.ingest.conftest import GUIDE, Library

COUNTED = "SELECT tier, living FROM segments ORDER BY id"


def guide(number: int) -> bytes:
    return GUIDE.replace(b"brass", f"number {number}".encode())


async def test_sixteen_documents_become_one_segment(library: Library) -> None:
    for number in range(17):
        await library.tell(await library.add(guide(number), name=f"guide-{number}.md"))
    passages = len(await library.rows("SELECT 1 FROM chunks"))
    assert await library.rows(COUNTED) == [(1, passages * 16 // 17), (0, passages // 17)]
    assert len(await library.rows("SELECT 1 FROM segment_versions")) == 17


async def test_a_replaced_version_has_no_slots(library: Library) -> None:
    await library.tell(await library.add(guide(1)))
    new = await library.add(guide(2))
    await library.tell(new)
    assert await library.rows("SELECT version_id FROM segment_versions") == [(new,)]
    assert len(await library.rows(COUNTED)) == 1


async def test_an_overtaken_version_has_no_slots(library: Library) -> None:
    old = await library.add(guide(1))
    new = await library.add(guide(2))
    await library.tell(new)
    await library.tell(old)
    assert await library.rows("SELECT version_id FROM segment_versions") == [(new,)]


async def test_a_merge_that_fails_leaves_document_and_segments_as_they_are(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise OperationalError("", {}, OSError("the server is gone"))

    monkeypatch.setattr(merging, "_copy_postings", fail)
    for number in range(16):
        version = await library.add(guide(number), name=f"guide-{number}.md")
        assert await library.tell(version) == 204
        assert (await library.status(version)).status == "ready"
    assert len(await library.rows(COUNTED)) == 16
    monkeypatch.undo()
    await library.tell(await library.add(guide(16), name="guide-16.md"))
    assert len(await library.rows(COUNTED)) == 2
