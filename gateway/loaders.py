"""Rows that many parents ask for at once, fetched in one statement."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row
from strawberry.dataloader import DataLoader

from db.session import Database
from gateway import queries, questions


class PassagePage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a version's passages: the first so many with a greater ordinal."""

    version_id: UUID
    first: int
    after: int


def _grouped(rows: Iterable[Row[Any]], key: str) -> defaultdict[Hashable, list[Row[Any]]]:
    groups: defaultdict[Hashable, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, key)].append(row)
    return groups


class Loaders:
    """The loaders of one guild in one request."""

    def __init__(self, database: Database, *, guild_id: int) -> None:
        self._database = database
        self._guild_id = guild_id
        self.passages = DataLoader(self._passages)
        self.citations = DataLoader(self._citations)
        self.places = DataLoader(self._places)
        self.records = DataLoader(self._records)

    async def _citations(self, question_ids: list[UUID]) -> list[list[Any]]:
        async with self._database.guild(self._guild_id) as session:
            found = _grouped(await questions.citations(session, question_ids), "question_id")
        return [found[question_id] for question_id in question_ids]

    async def _places(self, question_ids: list[UUID]) -> list[int | None]:
        async with self._database.guild(self._guild_id) as session:
            found = await questions.places(session, question_ids)
        return [found.get(question_id) for question_id in question_ids]

    async def _records(self, question_ids: list[UUID]) -> list[Any]:
        async with self._database.guild(self._guild_id) as session:
            found = {row.id: row for row in await questions.records(session, question_ids)}
        return [found[question_id] for question_id in question_ids]

    async def _passages(self, pages: list[PassagePage]) -> list[list[Any]]:
        found: dict[Hashable, list[Row[Any]]] = {}
        async with self._database.guild(self._guild_id) as session:
            for first, after in {(page.first, page.after) for page in pages}:
                alike = [page for page in pages if (page.first, page.after) == (first, after)]
                rows = await queries.passages(
                    session, [page.version_id for page in alike], first=first, after=after
                )
                groups = _grouped(rows, "version_id")
                found |= {page: groups[page.version_id] for page in alike}
        return [found[page] for page in pages]
