"""The GraphQL schema's types about answers: how they are wanted, and how each came about."""

from enum import Enum
from typing import Any, Self

import strawberry
from sqlalchemy import Row


@strawberry.enum(description="How much evidence an answer needs.")
class Gate(Enum):
    """How much evidence an answer needs."""

    STRICT = "strict"
    BALANCED = "balanced"
    EAGER = "eager"


@strawberry.enum(description="What becomes of a sentence that no passage supports.")
class Unsupported(Enum):
    """What becomes of a sentence that no passage supports."""

    DROP = "drop"
    MARK = "mark"


@strawberry.type(description="How a server wants its answers.")
class AnswerSettings:
    """How a server wants its answers."""

    gate: Gate
    unsupported: Unsupported
    instructions: str = strawberry.field(description="Wishes for the writing, 1,000 characters.")
    caches_answers: bool = strawberry.field(
        description="Whether the same question gets the same answer while no document changed."
    )
    rewrites_questions: bool = strawberry.field(
        description="Whether the model completes a follow-up before it is looked up."
    )

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Return the words for a guild's row."""
        return cls(
            gate=Gate(row.gate),
            unsupported=Unsupported(row.unsupported),
            instructions=row.instructions,
            caches_answers=row.caches_answers,
            rewrites_questions=row.rewrites_questions,
        )


@strawberry.enum(description="Where the answering of a question stands.")
class Stage(Enum):
    """What is done right now."""

    ASKED = "asked"
    SEARCHING = "searching"
    QUEUED = "queued"
    READING = "reading"
    WRITING = "writing"
    CHECKING = "checking"
    ENDED = "ended"


@strawberry.enum(description="Why an answer is not the one the model would have written.")
class Fallback(Enum):
    """Why an answer is not the one the model would have written."""

    NO_MODEL = "no_model"
    UNAVAILABLE = "unavailable"
    UNSUPPORTED = "unsupported"
    STOPPED = "stopped"
    TOO_LONG = "too_long"

    @classmethod
    def of(cls, word: str | None) -> "Fallback | None":
        """Return the reason; None where there is none, or one that a newer worker knows."""
        return cls(word) if word in {fallback.value for fallback in cls} else None


@strawberry.type(description="A passage that was found for a question.")
class RecordedPassage:
    """A passage that was found for a question."""

    title: str
    location: str
    score: float | None
    used: bool = strawberry.field(description="Whether the answer rests on it.")
    document_id: strawberry.ID | None

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Self:
        """Return the words for a passage of a record."""
        return cls(
            title=str(entry.get("title", "")),
            location=str(entry.get("location", "")),
            score=entry.get("score"),
            used=bool(entry.get("used")),
            document_id=entry.get("document_id"),
        )


@strawberry.type(description="How an answer came about.")
class AnswerRecord:
    """How an answer came about; what is null did not apply."""

    model: str | None
    evidence: float | None = strawberry.field(description="How surely the passages answer, 0 to 1.")
    gate: Gate | None
    least_evidence: float | None = strawberry.field(description="What the gate asked for.")
    passages: list[RecordedPassage]
    left_out: int | None = strawberry.field(description="Passages that had no room.")
    turns: list[str] = strawberry.field(description="Earlier questions that were heard.")
    rewritten: str | None = strawberry.field(description="The question as it was looked up.")
    prompt_version: str | None
    prompt_tokens: int | None
    written_tokens: int | None
    done_reason: str | None = strawberry.field(description="Why the model ended.")
    checked_sentences: int | None
    supported_sentences: int | None
    fallback: Fallback | None
    cached_from: strawberry.ID | None = strawberry.field(
        description="The question whose answer was given again."
    )

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Return the words for the record of a question's row."""
        record: dict[str, Any] = row.record
        gate, checked = record.get("gate") or {}, record.get("checked") or {}
        version = record.get("prompt_version")
        return cls(
            model=row.model,
            evidence=row.evidence,
            gate=Gate(gate["mode"]) if gate.get("mode") else None,
            least_evidence=gate.get("least"),
            passages=[RecordedPassage.of(entry) for entry in record.get("passages") or []],
            left_out=record.get("left_out"),
            turns=record.get("turns") or [],
            rewritten=record.get("rewritten"),
            prompt_version=None if version is None else str(version),
            prompt_tokens=record.get("prompt_tokens"),
            written_tokens=record.get("written_tokens"),
            done_reason=record.get("done_reason"),
            checked_sentences=checked.get("sentences"),
            supported_sentences=checked.get("supported"),
            fallback=Fallback.of(record.get("fallback")),
            cached_from=record.get("cached_from"),
        )
