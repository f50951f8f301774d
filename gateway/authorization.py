"""Who may see which field: one rule a field, checked before anything is resolved."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from fastapi import Request
from graphql import GraphQLResolveInfo
from graphql.pyutils import Path
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.extensions import SchemaExtension

from db.session import Database
from functions.runtime.clients import Clients
from functions.runtime.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from gateway import queries
from gateway.loaders import Loaders
from gateway.words import Membership, Role, Viewer

LARGEST_ID = 2**63 - 1
LONGEST_ID = len(str(LARGEST_ID))


@dataclass(frozen=True, kw_only=True)
class Access:
    """A viewer's admission to one guild: everything below a root field goes through it."""

    clients: Clients
    viewer: Viewer
    guild: Membership
    loaders: Loaders

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees this guild's rows and no others."""
        return self.clients.database.guild(self.guild.guild_id)


@dataclass(kw_only=True)
class Context:
    """What one GraphQL request knows; ``access`` is by the response name of the root field."""

    clients: Clients
    request: Request
    viewer: Viewer | None = None
    memberships: Mapping[int, Membership] = field(default_factory=dict)
    access: dict[str | int, Access] = field(default_factory=dict)


Rule = Role | Literal["signed in"]
SIGNED_IN: Literal["signed in"] = "signed in"


def _fields(kind: str, names: str, rule: Rule) -> dict[str, Rule]:
    return {f"{kind}.{name}": rule for name in names.split()}


RULES: Mapping[str, Rule] = MappingProxyType(
    _fields("Query", "viewer", SIGNED_IN)
    | _fields("Viewer", "id name guilds", SIGNED_IN)
    | _fields("Membership", "id name role", SIGNED_IN)
    | _fields("Query", "guild", Role.MEMBER)
    | _fields("Guild", "id name statistics documents document questions question", Role.MEMBER)
    | _fields("Guild", "questionByInteraction conversation", Role.MEMBER)
    | _fields("Guild", "answerSettings", Role.MODERATOR)
    | _fields("AnswerSettings", "gate unsupported instructions", Role.MODERATOR)
    | _fields("AnswerSettings", "cachesAnswers rewritesQuestions", Role.MODERATOR)
    | _fields("Statistics", "documents readyDocuments processingDocuments", Role.MEMBER)
    | _fields("Statistics", "failedDocuments passages questions answered", Role.MEMBER)
    | _fields("Statistics", "refused failed pending", Role.MEMBER)
    | _fields("Statistics", "medianAnswerMilliseconds questionsPerDay", Role.MEMBER)
    | _fields("DayCount", "day answered refused failed", Role.MEMBER)
    | _fields("DocumentConnection", "nodes totalCount endCursor hasNextPage", Role.MEMBER)
    | _fields("QuestionConnection", "nodes totalCount endCursor hasNextPage", Role.MEMBER)
    | _fields("Document", "id title sourceName origin status statusReason", Role.MEMBER)
    | _fields("Document", "progress pages passageCount sizeBytes mediaType", Role.MEMBER)
    | _fields("Document", "searchable createdAt updatedAt passages", Role.MEMBER)
    | _fields("Document", "sourceUrl language tags versionNumber probeRank listedBy", Role.MEMBER)
    | _fields("Document", "currentVersionNumber refreshHours checkedAt", Role.MEMBER)
    | _fields("Document", "nextRefreshAt", Role.MEMBER)
    | _fields("Progress", "stage done total percent", Role.MEMBER)
    | _fields("Passage", "ordinal text headingPath page", Role.MEMBER)
    | _fields("Question", "id text origin status answer answerKind", Role.MEMBER)
    | _fields("Question", "failureReason citations timings", Role.MEMBER)
    | _fields("Question", "askedAt answeredAt deliveredAt", Role.MEMBER)
    | _fields("Question", "stage partial place isStopped isOwn", Role.MEMBER)
    | _fields("Question", "fallback isCached conversation", Role.MEMBER)
    | _fields("Question", "record", Role.MODERATOR)
    | _fields("AnswerRecord", "model evidence gate leastEvidence passages", Role.MODERATOR)
    | _fields("AnswerRecord", "leftOut turns rewritten promptVersion", Role.MODERATOR)
    | _fields("AnswerRecord", "promptTokens writtenTokens doneReason", Role.MODERATOR)
    | _fields("AnswerRecord", "checkedSentences supportedSentences", Role.MODERATOR)
    | _fields("AnswerRecord", "fallback cachedFrom", Role.MODERATOR)
    | _fields("RecordedPassage", "title location score used documentId", Role.MODERATOR)
    | _fields("Citation", "number title location url quote documentId", Role.MEMBER)
    | _fields("Timing", "stage milliseconds", Role.MEMBER)
    # Whose answer may be stopped, and whose conversation it is, is judged by the row.
    | _fields("Mutation", "ask stopQuestion forgetConversation", Role.MEMBER)
    | _fields("Mutation", "setAnswerSettings", Role.MODERATOR)
    | _fields("Mutation", "retryDocument retryFailedDocuments", Role.MODERATOR)
    | _fields("Mutation", "deleteDocument addAddress setRefresh setTags", Role.MODERATOR)
)


def parse_snowflake(text: object) -> int | None:
    """Read a Discord id; None where it cannot be one."""
    if not isinstance(text, str) or not text.isascii() or not text.isdigit():
        return None
    # Judged by length first: reading a number of a million digits takes seconds.
    if len(text) > LONGEST_ID or int(text) > LARGEST_ID:
        return None
    return int(text)


def _membership(
    memberships: Mapping[int, Membership], *, guild: object, needed: Role
) -> Membership:
    guild_id = parse_snowflake(guild)
    membership = memberships.get(guild_id) if guild_id is not None else None
    if membership is None:
        raise NotFoundError
    if not membership.role.covers(needed):
        raise ForbiddenError(f"Only a {needed.value} of this server may do this. Ask one of them.")
    return membership


async def admitted_guild(database: Database, viewer: Viewer, *, guild: str, needed: Role) -> int:
    """Return the id of a guild the viewer is in with the needed role; see :func:`admit`."""
    async with database.transaction(user_id=str(viewer.user_id)) as session:
        guilds = await queries.memberships(session, viewer.user_id)
    memberships = {membership.guild_id: membership for membership in guilds}
    return _membership(memberships, guild=guild, needed=needed).guild_id


def admit(context: Context, *, guild: object, needed: Role) -> Access:
    """Return the viewer's access to a guild; one they are not in is as good as none."""
    if context.viewer is None:
        raise UnauthenticatedError
    membership = _membership(context.memberships, guild=guild, needed=needed)
    return Access(
        clients=context.clients,
        viewer=context.viewer,
        guild=membership,
        loaders=Loaders(context.clients.database, guild_id=membership.guild_id),
    )


def root_of(path: Path) -> str | int:
    """Return the response name of the root field a path begins with."""
    while path.prev is not None:
        path = path.prev
    return path.key


def _check(info: GraphQLResolveInfo[Context], arguments: Mapping[str, Any]) -> None:
    rule = RULES.get(f"{info.parent_type.name}.{info.field_name}")
    context: Context = info.context
    if context.viewer is None:
        raise UnauthenticatedError
    if rule is None:
        raise ForbiddenError
    if not isinstance(rule, Role):
        return
    root = root_of(info.path)
    if info.path.prev is None:
        guild = arguments.get("guildId", arguments.get("id"))
        context.access[root] = admit(context, guild=guild, needed=rule)
    elif root not in context.access or not context.access[root].guild.role.covers(rule):
        raise ForbiddenError


class Authorization(SchemaExtension):
    """Holds every field to its rule; a field without one is refused."""

    def resolve(
        self,
        _next: Callable[..., Any],
        root: Any,
        info: GraphQLResolveInfo[Context],
        *args: str,
        **kwargs: Any,
    ) -> Any:
        """Check the rule, then resolve; the schema's own description is for validation to hide."""
        if not info.field_name.startswith("__") and not info.parent_type.name.startswith("__"):
            _check(info, kwargs)
        return _next(root, info, *args, **kwargs)
