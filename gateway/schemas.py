"""The GraphQL schema's types: the dashboard's words, and which rows they are made of."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any, Self
from uuid import UUID

import strawberry
from sqlalchemy import Row
from strawberry.types.field import StrawberryField

from gateway import asking, service
from gateway.answer_schemas import AnswerRecord, Fallback, Stage
from gateway.authorization import Access, Context, root_of
from gateway.loaders import PassagePage
from gateway.web_documents import SECONDS_PER_HOUR
from gateway.words import Membership as MembershipWords
from gateway.words import Role

Info = strawberry.Info[Context, None]
UNKNOWN_MEDIA_TYPE = "application/octet-stream"
ALL = 100
ROLE = strawberry.enum(
    Role, description="What a person may do; each role may do what those before it may."
)


def access_of(info: Info) -> Access:
    """Return the access to the guild that the root field of this field was admitted to."""
    return info.context.access[root_of(info.path)]


def resolver(description: str) -> Callable[[Callable[..., Any]], StrawberryField]:
    """Make a method a field; Strawberry's own decorator loses its type with a description."""

    def decorate(method: Callable[..., Any]) -> StrawberryField:
        return strawberry.field(method, description=description)

    return decorate


@strawberry.enum(description="Where the newest version of a document stands.")
class DocumentStatus(Enum):
    """The statuses of a document version."""

    RECEIVED = "received"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"
    DEAD = "dead"


@strawberry.enum(description="Where a question stands.")
class QuestionStatus(Enum):
    """The statuses of a question."""

    ASKED = "asked"
    ANSWERING = "answering"
    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"


@strawberry.enum(description="Whether an answer quotes the documents or was written by a model.")
class AnswerKind(Enum):
    """How an answer was made."""

    EXTRACTIVE = "extractive"
    MODEL = "model"


@strawberry.type(description="A guild the viewer is in.")
class Membership:
    """A guild the viewer is in."""

    id: strawberry.ID
    name: str
    role: Role

    @classmethod
    def of(cls, membership: MembershipWords) -> Self:
        """Return the words for a membership."""
        return cls(
            id=strawberry.ID(str(membership.guild_id)), name=membership.name, role=membership.role
        )


@strawberry.type(description="The person who is signed in.")
class Viewer:
    """The person who is signed in."""

    id: strawberry.ID
    name: str
    guilds: list[Membership]


@strawberry.type(description="How far the newest version has come.")
class Progress:
    """How far the newest version has come."""

    stage: str
    done: int
    total: int
    percent: int

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Return the progress in a document's row; only a ready version is all the way."""
        done, total = row.progress_done, row.progress_total
        share = min(99, 100 * done // total) if total > 0 else 0
        percent = 100 if row.status == DocumentStatus.READY.value else max(0, share)
        return cls(stage=row.progress_stage, done=done, total=total, percent=percent)


@strawberry.type(description="A passage of a document, as it is searched and cited.")
class Passage:
    """A passage of a document."""

    ordinal: int
    text: str
    heading_path: list[str]
    page: int | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Return the words for a chunk's row."""
        return cls(ordinal=row.ordinal, text=row.text, heading_path=row.heading_path, page=row.page)


def hours(seconds: int | None) -> int | None:
    """Return an interval in hours, at least one; None where there is none."""
    return max(1, seconds // SECONDS_PER_HOUR) if seconds else None


@strawberry.type(description="A source of knowledge.")
class Document:
    """A source of knowledge."""

    id: strawberry.ID
    title: str
    source_name: str
    source_url: str | None = strawberry.field(description="Where it can be read at its source.")
    origin: str = strawberry.field(description="upload, discord, cli, sample or url")
    language: str | None = strawberry.field(description="ISO 639-1, where it could be told.")
    tags: list[str] = strawberry.field(description="What moderators filed it under.")
    version_number: int = strawberry.field(description="The newest version's; the first is 1.")
    status: DocumentStatus
    status_reason: str | None
    progress: Progress
    pages: int | None
    passage_count: int
    size_bytes: int
    media_type: str
    searchable: bool = strawberry.field(description="Whether a version of it answers now.")
    current_version_number: int | None = strawberry.field(description="Of the one that answers.")
    probe_rank: int | None = strawberry.field(
        description="Its place among all passages, asked for with its own words; 1 is the first."
    )
    refresh_hours: int | None = strawberry.field(description="How often its address is checked.")
    checked_at: datetime | None
    next_refresh_at: datetime | None
    listed_by: strawberry.ID | None = strawberry.field(
        description="The document of the sitemap or list that named it."
    )
    created_at: datetime
    updated_at: datetime
    version_id: strawberry.Private[UUID | None]

    @resolver("The passages that answer now, in the order of the text.")
    async def passages(self, info: Info, first: int = ALL, after: int = -1) -> list[Passage]:
        """Return passages of the current version after an ordinal."""
        page_size = service.check_page_size(first)
        if self.version_id is None:
            return []
        page = PassagePage(version_id=self.version_id, first=page_size, after=after)
        return [Passage.of(row) for row in await access_of(info).loaders.passages.load(page)]

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Return the words for a document's row."""
        return cls(
            id=strawberry.ID(str(row.id)),
            title=row.title,
            source_name=row.source_name,
            source_url=row.source_url,
            origin=row.origin,
            language=row.language,
            tags=row.tags,
            version_number=row.number,
            status=DocumentStatus(row.status),
            status_reason=row.status_reason,
            progress=Progress.of(row),
            pages=row.pages,
            passage_count=row.passage_count,
            size_bytes=row.size_bytes,
            media_type=row.media_type or UNKNOWN_MEDIA_TYPE,
            searchable=row.current_version_id is not None,
            current_version_number=row.current_number,
            probe_rank=row.probe_rank,
            refresh_hours=hours(row.refresh_seconds),
            checked_at=row.checked_at,
            next_refresh_at=row.next_refresh_at,
            listed_by=strawberry.ID(str(row.listed_by)) if row.listed_by else None,
            created_at=row.created_at,
            updated_at=row.updated_at,
            version_id=row.current_version_id,
        )


@strawberry.type(description="A numbered source of an answer.")
class Citation:
    """A numbered source of an answer."""

    number: int
    title: str
    location: str
    url: str
    quote: str
    document_id: strawberry.ID | None

    @classmethod
    def of(cls, row: Row[Any], *, public_url: str, guild_id: int) -> Self:
        """Return the words for a citation's row; one without a link of its own leads to us."""
        place = f"/documents/{row.document_id}?guild={guild_id}" if row.document_id else ""
        return cls(
            number=row.number,
            title=row.title,
            location=row.location,
            url=row.url or f"{public_url}{place}",
            quote=row.quote,
            document_id=strawberry.ID(str(row.document_id)) if row.document_id else None,
        )


@strawberry.type(description="How long one stage of answering took.")
class Timing:
    """How long one stage of answering took."""

    stage: str
    milliseconds: float


@strawberry.type(description="A question and, once there is one, its answer.")
class Question:
    """A question and its answer."""

    id: strawberry.ID
    text: str
    origin: str = strawberry.field(description="discord, dashboard or cli")
    status: QuestionStatus
    stage: Stage
    partial: str | None = strawberry.field(description="The checked part of what is being written.")
    is_stopped: bool = strawberry.field(description="Whether somebody had the answer stopped.")
    answer: str | None
    answer_kind: AnswerKind | None
    fallback: Fallback | None
    is_cached: bool = strawberry.field(description="Whether the answer was given before.")
    failure_reason: str | None
    timings: list[Timing]
    asked_at: datetime
    answered_at: datetime | None
    delivered_at: datetime | None
    question_id: strawberry.Private[UUID]
    asked_by: strawberry.Private[int | None]
    conversation_name: strawberry.Private[str | None]

    @resolver("Whether the viewer asked it.")
    async def is_own(self, info: Info) -> bool:
        """Tell whether the viewer asked it."""
        return self.asked_by == access_of(info).viewer.user_id

    @resolver("The id of its conversation, where it is one of the viewer's.")
    async def conversation(self, info: Info) -> strawberry.ID | None:
        """Return the id of its conversation, where it is one of the viewer's."""
        found = asking.conversation_id(access_of(info), self.conversation_name)
        return strawberry.ID(found) if found else None

    @resolver("How many answers come before this one, while it waits for the language model.")
    async def place(self, info: Info) -> int | None:
        """Return how many answers come before this one."""
        if self.stage is not Stage.QUEUED:
            return None
        place: int | None = await access_of(info).loaders.places.load(self.question_id)
        return place

    @resolver("How the answer came about.")
    async def record(self, info: Info) -> AnswerRecord:
        """Return how the answer came about."""
        return AnswerRecord.of(await access_of(info).loaders.records.load(self.question_id))

    @resolver("The sources of the answer, by number.")
    async def citations(self, info: Info) -> list[Citation]:
        """Return the sources of the answer."""
        access = access_of(info)
        rows = await access.loaders.citations.load(self.question_id)
        public_url, guild_id = access.clients.settings.public_url, access.guild.guild_id
        return [Citation.of(row, public_url=public_url, guild_id=guild_id) for row in rows]

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Return the words for a question's row."""
        return cls(
            id=strawberry.ID(str(row.id)),
            text=row.text,
            origin=row.origin,
            status=QuestionStatus(row.status),
            stage=Stage(row.stage),
            partial=row.partial,
            is_stopped=row.cancelled_at is not None,
            answer=row.answer,
            answer_kind=AnswerKind(row.answer_kind) if row.answer_kind else None,
            fallback=Fallback.of(row.fallback),
            is_cached=row.cached_from is not None,
            failure_reason=row.failure_reason,
            timings=[
                Timing(stage=stage, milliseconds=float(value))
                for stage, value in row.timings.items()
                if isinstance(value, int | float)
            ],
            asked_at=row.asked_at,
            answered_at=row.answered_at,
            delivered_at=row.delivered_at,
            question_id=row.id,
            asked_by=row.asked_by,
            conversation_name=row.conversation,
        )


@strawberry.type(description="A page of documents.")
class DocumentConnection:
    """A page of documents."""

    nodes: list[Document]
    total_count: int
    end_cursor: str | None
    has_next_page: bool


@strawberry.type(description="A page of questions.")
class QuestionConnection:
    """A page of questions."""

    nodes: list[Question]
    total_count: int
    end_cursor: str | None
    has_next_page: bool


@strawberry.type(description="How the questions of one day (UTC) ended.")
class DayCount:
    """How the questions of one day ended."""

    day: str
    answered: int
    refused: int
    failed: int


@strawberry.type(description="A guild in figures.")
class Statistics:
    """A guild in figures."""

    documents: int
    ready_documents: int
    processing_documents: int
    failed_documents: int
    passages: int
    questions: int
    answered: int
    refused: int
    failed: int
    pending: int
    median_answer_milliseconds: float | None
    questions_per_day: list[DayCount] = strawberry.field(
        description="The last 14 days, days without questions included."
    )
