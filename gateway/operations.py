"""The one GraphQL door: POST /graphql, one operation a request."""

import logging
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import strawberry
from fastapi import APIRouter, Request
from fastapi.responses import Response
from graphql import GraphQLError, NoSchemaIntrospectionCustomRule
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import (
    AddValidationRules,
    MaxTokensLimiter,
    ParserCache,
    SchemaExtension,
    ValidationCache,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionContext
from strawberry.types.execution import ExecutionResult, PreExecutionError

from functions.runtime.app import read_body
from functions.runtime.errors import InvalidRequestError, LorekeeperError, UnauthenticatedError
from gateway import authentication, costs, queries, rate_limits
from gateway.answers import known_error, waiting
from gateway.authorization import Authorization, Context
from gateway.roots import Mutation, Query

log = logging.getLogger(__name__)
LARGEST_OPERATION = 64 * 1024
SUGGESTION = re.compile(r",? ?Did you mean .*", re.DOTALL)
NO_OPERATION = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)

router = APIRouter()


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a request, as GraphQL over HTTP has it; a list of them is not taken."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = msgspec.field(name="operationName", default=None)


class Admission(SchemaExtension):
    """Judges an operation by its text, then by who sends it, before anything of it runs."""

    def on_parse(self) -> Iterator[None]:
        """Refuse excess before validation, whose time grows with the square of the fields."""
        yield
        if self.execution_context.graphql_document is not None:
            costs.refuse_excess(self.execution_context.graphql_document)

    async def on_execute(self) -> AsyncIterator[None]:
        """Find out who asks and charge them; no statement reaches the database before this."""
        await _admit(self.execution_context)
        yield


async def _admit(execution: ExecutionContext) -> None:
    context: Context = execution.context
    assert execution.graphql_document is not None  # noqa: S101 - validation came before
    price = costs.price(
        execution.graphql_document,
        name=execution.operation_name,
        variables=execution.variables or {},
    )
    database = context.clients.database
    context.viewer = await authentication.identify(context.request, database)
    payer = rate_limits.principal(context.request, context.viewer)
    settings = context.clients.settings
    for budget, cost in (
        (rate_limits.reads_budget(settings), price.reads),
        (rate_limits.asks_budget(settings), price.asks),
        (rate_limits.uploads_budget(settings), price.uploads),
    ):
        if cost:
            await rate_limits.charge(database, budget, principal=payer, cost=cost)
    if context.viewer is not None:
        user_id = context.viewer.user_id
        async with database.transaction(user_id=str(user_id)) as session:
            guilds = await queries.memberships(session, user_id)
        context.memberships = {guild.guild_id: guild for guild in guilds}


class Schema(strawberry.Schema):
    """The schema, which logs what went wrong and nothing of what was asked."""

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: ExecutionContext | None = None,  # noqa: ARG002 - Strawberry's signature
    ) -> None:
        """Log our own mistakes; an error's text could hold the query, so it is left out."""
        for error in errors:
            original = _origin(error)
            known = known_error(original) if original else None
            if original and (known is None or known.status >= LorekeeperError.status):
                log.error("field failed", extra={"path": error.path}, exc_info=original)


def make_schema(*, in_development: bool) -> Schema:
    """Build the schema; only in development does it describe itself and suggest names."""
    hidden = [] if in_development else [_hide_introspection]
    return Schema(
        query=Query,
        mutation=Mutation,
        config=StrawberryConfig(disable_field_suggestions=not in_development),
        # The dashboard sends the same few texts again and again: validating one takes 2 to 4 ms.
        extensions=[
            _limit_tokens,
            *hidden,
            ParserCache,
            ValidationCache,
            Admission,
            Authorization,
        ],
    )


def _limit_tokens() -> SchemaExtension:
    return MaxTokensLimiter(max_token_count=costs.MAXIMUM_TOKENS)


def _hide_introspection() -> SchemaExtension:
    return AddValidationRules([NoSchemaIntrospectionCustomRule])


async def _read_operation(request: Request) -> Operation:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise InvalidRequestError("Send the operation as application/json.")
    body = await read_body(request, maximum=LARGEST_OPERATION)
    try:
        return msgspec.json.decode(body, type=Operation)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequestError(
            'The body is not one operation of the form {"query": "...", "variables": {...}}.'
        ) from error


def _origin(error: GraphQLError) -> Exception | None:
    """Return what was raised by our code; a value GraphQL itself refuses has no such origin."""
    original = error.original_error
    return None if isinstance(original, GraphQLError) else original


def _told(error: GraphQLError) -> LorekeeperError:
    """Return what a caller may be told; errors without an origin are about their own query."""
    original = _origin(error)
    if original is None:
        return InvalidRequestError(error.message)
    return known_error(original) or LorekeeperError()


def _error_words(error: GraphQLError, *, in_development: bool) -> dict[str, Any]:
    told = _told(error)
    message = told.message if in_development else SUGGESTION.sub("", told.message)
    place = {"path": error.path} if error.path else {}
    return {"message": message, "extensions": {"code": told.code}, **place}


def _refusal(result: ExecutionResult) -> LorekeeperError | None:
    """Return the error the whole answer stands for; None where the operation was carried out."""
    first = _told(result.errors[0]) if result.errors else None
    if isinstance(result, PreExecutionError):
        return first
    return first if result.data is None and isinstance(first, UnauthenticatedError) else None


def _answer(result: ExecutionResult, *, in_development: bool) -> Response:
    refusal = _refusal(result)
    words = [_error_words(error, in_development=in_development) for error in result.errors or []]
    body: dict[str, Any] = {} if isinstance(result, PreExecutionError) else {"data": result.data}
    if words:
        body["errors"] = words
    return Response(
        msgspec.json.encode(body),
        status_code=refusal.status if refusal else 200,
        headers=waiting(refusal),
        media_type="application/json",
    )


@router.post("/graphql")
async def graphql(request: Request, clients: authentication.Connected) -> Response:
    """Carry out one operation."""
    authentication.refuse_foreign_pages(request, clients.settings)
    operation = await _read_operation(request)
    schema: Schema = request.app.state.schema
    try:
        result = await schema.execute(
            operation.query,
            variable_values=operation.variables,
            operation_name=operation.operation_name,
            context_value=Context(clients=clients, request=request),
        )
    except NO_OPERATION as error:
        raise InvalidRequestError("The request names no operation to carry out.") from error
    return _answer(result, in_development=clients.settings.in_development)
