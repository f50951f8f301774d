"""The GraphQL schema's roots: where every query and every change begins."""

import strawberry

from functions.runtime.errors import UnauthenticatedError
from functions.runtime.web.spelling import web_address
from gateway import answer_settings, asking, service
from gateway.answer_schemas import AnswerSettings, Gate, Unsupported
from gateway.answer_settings import Wanted
from gateway.names import given_title
from gateway.schemas import (
    DayCount,
    Document,
    DocumentConnection,
    Info,
    Membership,
    Question,
    QuestionConnection,
    Statistics,
    Viewer,
    access_of,
    resolver,
)
from gateway.web_documents import Address, refresh_seconds

PAGE = 50


@strawberry.type(description="A Discord server and its library.")
class Guild:
    """A Discord server and its library."""

    id: strawberry.ID
    name: str

    @resolver("The guild in figures.")
    async def statistics(self, info: Info) -> Statistics:
        """Return the guild in figures."""
        figures, days = await service.figures(access_of(info))
        return Statistics(
            **figures._mapping,  # noqa: SLF001 - the documented way to a row's mapping
            questions_per_day=[DayCount(**day._mapping) for day in days],  # noqa: SLF001
        )

    @resolver("The documents, the latest changed first; grouped, a list stands for what it names.")
    async def documents(
        self,
        info: Info,
        *,
        first: int = PAGE,
        after: str | None = None,
        search: str | None = None,
        listed_by: strawberry.ID | None = None,
        grouped: bool = False,
    ) -> DocumentConnection:
        """Return a page of documents."""
        wanted = service.document_filter(search, listed_by=listed_by, grouped=grouped)
        page = await service.documents(access_of(info), wanted, first=first, after=after)
        return DocumentConnection(
            nodes=[Document.of(row) for row in page.rows],
            total_count=page.total,
            end_cursor=page.end_cursor,
            has_next_page=page.has_next,
        )

    @resolver("One document.")
    async def document(self, info: Info, id: strawberry.ID) -> Document | None:  # noqa: A002
        """Return one document."""
        row = await service.document(access_of(info), id)
        return Document.of(row) if row else None

    @resolver("The questions, the latest first.")
    async def questions(
        self, info: Info, first: int = PAGE, after: str | None = None
    ) -> QuestionConnection:
        """Return a page of questions."""
        page = await asking.page(access_of(info), first=first, after=after)
        return QuestionConnection(
            nodes=[Question.of(row) for row in page.rows],
            total_count=page.total,
            end_cursor=page.end_cursor,
            has_next_page=page.has_next,
        )

    @resolver("One question.")
    async def question(self, info: Info, id: strawberry.ID) -> Question | None:  # noqa: A002
        """Return one question."""
        row = await asking.one(access_of(info), id)
        return Question.of(row) if row else None

    @resolver("The question that a Discord interaction asked.")
    async def question_by_interaction(
        self, info: Info, interaction_id: strawberry.ID
    ) -> Question | None:
        """Return the question that a Discord interaction asked."""
        row = await asking.of_interaction(access_of(info), interaction_id)
        return Question.of(row) if row else None

    @resolver("The viewer's own questions of one conversation, the earliest first.")
    async def conversation(self, info: Info, id: strawberry.ID) -> list[Question]:  # noqa: A002
        """Return the viewer's own questions of one conversation."""
        return [Question.of(row) for row in await asking.conversation(access_of(info), id)]

    @resolver("How the guild wants its answers.")
    async def answer_settings(self, info: Info) -> AnswerSettings:
        """Return how the guild wants its answers."""
        return AnswerSettings.of(await answer_settings.read(access_of(info)))


@strawberry.type
class Query:
    """What can be read."""

    @resolver("The person who is signed in.")
    async def viewer(self, info: Info) -> Viewer:
        """Return the person who is signed in."""
        context = info.context
        if context.viewer is None:
            raise UnauthenticatedError
        return Viewer(
            id=strawberry.ID(str(context.viewer.user_id)),
            name=context.viewer.name,
            guilds=[Membership.of(membership) for membership in context.memberships.values()],
        )

    @resolver("A guild the viewer is in.")
    async def guild(self, info: Info, id: strawberry.ID) -> Guild:  # noqa: A002
        """Return a guild the viewer is in."""
        guild = access_of(info).guild
        return Guild(id=id, name=guild.name)


@strawberry.type
class Mutation:
    """What can be changed."""

    @resolver("Ask a question, within a conversation whose id its page made up, after an answer.")
    async def ask(
        self,
        info: Info,
        *,
        guild_id: strawberry.ID,  # noqa: ARG002 - the rule reads it
        text: str,
        origin: str = "dashboard",
        conversation: strawberry.ID | None = None,
        follows: strawberry.ID | None = None,
    ) -> Question:
        """Ask a question."""
        row = await asking.ask(
            access_of(info), text, origin=origin, conversation=conversation, follows=follows
        )
        return Question.of(row)

    @resolver("Have an answer end with what there is of it.")
    async def stop_question(
        self,
        info: Info,
        guild_id: strawberry.ID,  # noqa: ARG002 - the rule reads it
        question_id: strawberry.ID,
    ) -> Question:
        """Have an answer end with what there is of it."""
        return Question.of(await asking.stop(access_of(info), question_id))

    @resolver("Have the viewer's conversation not heard again; how many questions it had.")
    async def forget_conversation(
        self,
        info: Info,
        guild_id: strawberry.ID,  # noqa: ARG002 - the rule reads it
        conversation: strawberry.ID,
    ) -> int:
        """Have a conversation not heard again."""
        return await asking.forget_conversation(access_of(info), conversation)

    @resolver("Change how the guild wants its answers; what is left out stays as it is.")
    async def set_answer_settings(  # noqa: PLR0913 - one argument a setting
        self,
        info: Info,
        *,
        guild_id: strawberry.ID,  # noqa: ARG002 - the rule reads it
        gate: Gate | None = None,
        unsupported: Unsupported | None = None,
        instructions: str | None = None,
        caches_answers: bool | None = None,
        rewrites_questions: bool | None = None,
    ) -> AnswerSettings:
        """Change how the guild wants its answers."""
        wanted = Wanted(
            gate=gate.value if gate else None,
            unsupported=unsupported.value if unsupported else None,
            instructions=instructions,
            caches_answers=caches_answers,
            rewrites_questions=rewrites_questions,
        )
        return AnswerSettings.of(await answer_settings.change(access_of(info), wanted))

    @resolver("Read a failed document again.")
    async def retry_document(
        self,
        info: Info,
        guild_id: strawberry.ID,  # noqa: ARG002 - the rule reads it
        document_id: strawberry.ID,
    ) -> Document:
        """Read a failed document again."""
        return Document.of(await service.retry_document(access_of(info), document_id))

    @resolver("Read every failed document again; how many there were.")
    async def retry_failed_documents(
        self,
        info: Info,
        guild_id: strawberry.ID,  # noqa: ARG002 - the rule reads it
    ) -> int:
        """Read every failed document again."""
        return await service.retry_failed_documents(access_of(info))

    @resolver("Fetch a page, a sitemap or a list of addresses; a known address is fetched again.")
    async def add_address(
        self,
        info: Info,
        *,
        guild_id: strawberry.ID,  # noqa: ARG002 - the rule reads it
        url: str,
        title: str | None = None,
        refresh_hours: int | None = None,
    ) -> Document:
        """Fetch a document from the web."""
        address = Address(
            url=web_address(url),
            title=given_title(title),
            refresh_seconds=refresh_seconds(refresh_hours),
        )
        return Document.of(await service.add_address(access_of(info), address))

    @resolver("Check a document's address every so many hours, or never.")
    async def set_refresh(
        self,
        info: Info,
        guild_id: strawberry.ID,  # noqa: ARG002 - the rule reads it
        document_id: strawberry.ID,
        hours: int | None,
    ) -> Document:
        """Set how often a document's address is checked."""
        return Document.of(await service.set_refresh(access_of(info), document_id, hours=hours))

    @resolver("File a document under these tags and no others.")
    async def set_tags(
        self,
        info: Info,
        guild_id: strawberry.ID,  # noqa: ARG002 - the rule reads it
        document_id: strawberry.ID,
        tags: list[str],
    ) -> Document:
        """File a document under tags."""
        return Document.of(await service.set_tags(access_of(info), document_id, tags=tags))

    @resolver("Delete a document with everything read from it.")
    async def delete_document(
        self,
        info: Info,
        guild_id: strawberry.ID,  # noqa: ARG002 - the rule reads it
        document_id: strawberry.ID,
    ) -> bool:
        """Delete a document."""
        await service.delete_document(access_of(info), document_id)
        return True
