"""The tables, as SQLAlchemy sees them. The policies that guard them are in the migrations."""

from db.models.base import Base
from db.models.events import DeadLetter, HandledEvent
from db.models.index import (
    Embedding,
    EmbeddingModel,
    Posting,
    Segment,
    SegmentVersion,
    StagedEmbedding,
)
from db.models.library import Chunk, Document, DocumentVersion
from db.models.people import Guild, Membership, RateCounter, Session
from db.models.questions import CachedAnswer, Citation, Interaction, ModelTurn, Question

__all__ = [
    "Base",
    "CachedAnswer",
    "Chunk",
    "Citation",
    "DeadLetter",
    "Document",
    "DocumentVersion",
    "Embedding",
    "EmbeddingModel",
    "Guild",
    "HandledEvent",
    "Interaction",
    "Membership",
    "ModelTurn",
    "Posting",
    "Question",
    "RateCounter",
    "Segment",
    "SegmentVersion",
    "Session",
    "StagedEmbedding",
]
