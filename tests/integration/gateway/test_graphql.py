"""What a member reads and does through GraphQL."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text

from db.session import Database
from tests.integration.gateway.conftest import Library, Person, set_version

CARD = """id title sourceName origin status statusReason pages passageCount sizeBytes mediaType
searchable progress{stage done total percent}"""


async def _document(person: Person, library: Library, fields: str) -> Any:
    data = await person.data(
        f"query($g:ID!,$d:ID!){{guild(id:$g){{document(id:$d){{{fields}}}}}}}",
        g=str(library.guild_id),
        d=str(library.document_id),
    )
    return data["guild"]["document"]


async def test_the_viewer_sees_their_name_and_guilds(member: Person, guild_id: int) -> None:
    viewer = (await member.data("{viewer{id name guilds{id name role}}}"))["viewer"]
    assert viewer == {
        "id": str(member.user_id),
        "name": "Somebody",
        "guilds": [{"id": str(guild_id), "name": "Test guild", "role": "MEMBER"}],
    }


async def test_a_ready_document_is_told_whole(member: Person, library: Library) -> None:
    assert await _document(member, library, CARD) == {
        "id": str(library.document_id),
        "title": "Adding knowledge",
        "sourceName": "docs/adding.md",
        "origin": "cli",
        "status": "READY",
        "statusReason": None,
        "pages": 3,
        "passageCount": 2,
        "sizeBytes": 42,
        "mediaType": "text/markdown",
        "searchable": True,
        "progress": {"stage": "ready", "done": 2, "total": 2, "percent": 100},
    }


@pytest.mark.parametrize(
    ("status", "done", "total", "percent"),
    [
        pytest.param("received", 0, 0, 0, id="nothing known yet"),
        pytest.param("processing", 1, 3, 33, id="rounded down"),
        pytest.param("processing", 3, 3, 99, id="all done but not published"),
        pytest.param("failed", 2, 4, 50, id="where it stopped"),
        pytest.param("ready", 0, 0, 100, id="ready is all of it"),
    ],
)
async def test_progress_reaches_a_hundred_only_when_ready(
    member: Person,
    library: Library,
    database: Database,
    status: str,
    done: int,
    total: int,
    percent: int,
) -> None:
    await set_version(database, library, status=status, progress_done=done, progress_total=total)
    document = await _document(member, library, "progress{percent}")
    assert document["progress"]["percent"] == percent


async def test_a_document_shows_its_newest_version_while_the_older_one_answers(
    member: Person, library: Library, database: Database
) -> None:
    async with database.guild(library.guild_id) as session:
        await session.execute(
            text(
                "INSERT INTO document_versions (guild_id, document_id, number, size_bytes, status,"
                " status_reason) VALUES (:g, :d, 2, 7, 'failed', 'It is encrypted.')"
            ),
            {"g": library.guild_id, "d": library.document_id},
        )
    document = await _document(
        member, library, "status statusReason sizeBytes searchable passageCount mediaType"
    )
    assert document == {
        "status": "FAILED",
        "statusReason": "It is encrypted.",
        "sizeBytes": 7,
        "searchable": True,
        "passageCount": 2,
        "mediaType": "application/octet-stream",
    }


@pytest.mark.parametrize(
    ("first", "after", "ordinals"),
    [
        pytest.param(100, -1, [0, 1], id="all, in order"),
        pytest.param(1, -1, [0], id="the first"),
        pytest.param(100, 0, [1], id="after the first"),
        pytest.param(100, 1, [], id="after the last"),
    ],
)
async def test_passages_come_in_order_and_in_pages(
    member: Person, library: Library, first: int, after: int, ordinals: list[int]
) -> None:
    document = await _document(
        member, library, f"passages(first:{first},after:{after}){{ordinal text headingPath page}}"
    )
    assert document["passages"] == [
        {"ordinal": ordinal, "text": f"Passage {ordinal}", "headingPath": ["Adding"], "page": 1}
        for ordinal in ordinals
    ]


async def _add_documents(database: Database, guild_id: int, count: int) -> None:
    async with database.guild(guild_id) as session:
        await session.execute(
            text(
                "WITH added AS (INSERT INTO documents (guild_id, title, source_name, origin,"
                " updated_at) SELECT :g, 'Document ' || n, 'folder/' || n || '_100%.md', 'cli',"
                " now() - make_interval(mins => n / 2) FROM generate_series(1, :n) n"
                " RETURNING id), versioned AS (INSERT INTO document_versions (guild_id,"
                " document_id, number, size_bytes, passages) SELECT :g, id, 1, 1, 1 FROM added"
                " RETURNING id, document_id) INSERT INTO chunks (guild_id, document_id, version_id,"
                " ordinal, text, heading_path, char_start, char_end, tokens, terms)"
                " SELECT :g, document_id, id, 0, 'x', '{}', 0, 1, 1, 1 FROM versioned"
            ),
            {"g": guild_id, "n": count},
        )
        await session.execute(
            text(
                "UPDATE documents SET current_version_id = version.id FROM document_versions"
                " version WHERE version.document_id = documents.id"
            )
        )


async def test_pages_of_documents_hold_each_once(
    member: Person, guild_id: int, database: Database
) -> None:
    await _add_documents(database, guild_id, 7)
    query = """query($g:ID!,$after:String){guild(id:$g){documents(first:3,after:$after)
    {nodes{title} totalCount endCursor hasNextPage}}}"""
    titles: list[str] = []
    after, more = None, True
    while more:
        page = (await member.data(query, g=str(guild_id), after=after))["guild"]["documents"]
        assert page["totalCount"] == 7
        titles += [node["title"] for node in page["nodes"]]
        after, more = page["endCursor"], page["hasNextPage"]
    assert sorted(titles) == [f"Document {number}" for number in range(1, 8)]
    assert titles[0] == "Document 1"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        pytest.param("document 3", ["Document 3"], id="the title, whatever the case"),
        pytest.param("folder/2", ["Document 2"], id="the file's name"),
        pytest.param("100%", ["Document 1", "Document 2", "Document 3"], id="a percent sign"),
        pytest.param("1%3", [], id="a percent sign is no wildcard"),
        pytest.param("\x00", ["Document 1", "Document 2", "Document 3"], id="a NUL is nothing"),
    ],
)
async def test_search_looks_into_titles_and_file_names(
    member: Person, guild_id: int, database: Database, search: str, found: list[str]
) -> None:
    await _add_documents(database, guild_id, 3)
    data = await member.data(
        "query($g:ID!,$s:String){guild(id:$g){documents(search:$s){nodes{title} totalCount}}}",
        g=str(guild_id),
        s=search,
    )
    documents = data["guild"]["documents"]
    assert sorted(node["title"] for node in documents["nodes"]) == found
    assert documents["totalCount"] == len(found)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param("first: 101", id="a page too large"),
        pytest.param("first: 0", id="a page of nothing"),
        pytest.param("first: -1", id="a page of less than nothing"),
        pytest.param('after: "nonsense"', id="a cursor that is none"),
        pytest.param('after: "bm9uc2Vuc2U="', id="a cursor of other words"),
    ],
)
async def test_a_page_out_of_bounds_is_refused_with_a_sentence(
    member: Person, guild_id: int, arguments: str
) -> None:
    for field in ("documents", "questions"):
        error = await member.error(
            f'{{guild(id:"{guild_id}"){{{field}({arguments}){{totalCount}}}}}}'
        )
        assert error["code"] == "invalid_request"
        assert error["message"].endswith(".")


async def test_an_answered_question_is_told_whole(member: Person, library: Library) -> None:
    data = await member.data(
        """query($g:ID!,$q:ID!,$i:ID!){guild(id:$g){
        question(id:$q){...all} questionByInteraction(interactionId:$i){...all}
        questions(first:1){nodes{...all} totalCount hasNextPage}}}
        fragment all on Question{id text origin status answer answerKind failureReason
        citations{number title location url quote documentId} timings{stage milliseconds}}""",
        g=str(library.guild_id),
        q=str(library.question_id),
        i=str(library.interaction_id),
    )
    guild = data["guild"]
    assert guild["question"] == {
        "id": str(library.question_id),
        "text": "How do I add?",
        "origin": "discord",
        "status": "ANSWERED",
        "answer": "Send it. [1]",
        "answerKind": "EXTRACTIVE",
        "failureReason": None,
        "citations": [
            {
                "number": 1,
                "title": "Adding knowledge",
                "location": "docs/adding.md",
                "url": f"http://localhost:8080/documents/{library.document_id}"
                f"?guild={library.guild_id}",
                "quote": "Send it.",
                "documentId": str(library.document_id),
            }
        ],
        "timings": [{"stage": "search", "milliseconds": 12.5}],
    }
    assert guild["questionByInteraction"] == guild["question"]
    assert guild["questions"] == {
        "nodes": [guild["question"]],
        "totalCount": 1,
        "hasNextPage": False,
    }


@pytest.mark.parametrize("row_id", ["", "1", "x" * 400, str(UUID(int=4))])
async def test_rows_that_are_not_there_are_null(member: Person, guild_id: int, row_id: str) -> None:
    data = await member.data(
        """query($g:ID!,$i:ID!){guild(id:$g){document(id:$i){id} question(id:$i){id}
        questionByInteraction(interactionId:$i){id}}}""",
        g=str(guild_id),
        i=row_id,
    )
    assert data["guild"] == {"document": None, "question": None, "questionByInteraction": None}


async def test_statistics_count_by_state_and_by_day(
    member: Person, library: Library, database: Database
) -> None:
    async with database.guild(library.guild_id) as session:
        await session.execute(
            text(
                "INSERT INTO questions (guild_id, text, origin, status, asked_at) VALUES"
                " (:g, 'a', 'cli', 'refused', now()), (:g, 'b', 'cli', 'failed', now()),"
                " (:g, 'c', 'cli', 'asked', now()), (:g, 'd', 'cli', 'answering', now()),"
                " (:g, 'e', 'cli', 'refused', now() - interval '30 days')"
            ),
            {"g": library.guild_id},
        )
    data = await member.data(
        """query($g:ID!){guild(id:$g){statistics{documents readyDocuments processingDocuments
        failedDocuments passages questions answered refused failed pending
        medianAnswerMilliseconds questionsPerDay{day answered refused failed}}}}""",
        g=str(library.guild_id),
    )
    statistics = data["guild"]["statistics"]
    days = statistics.pop("questionsPerDay")
    assert statistics == {
        "documents": 1,
        "readyDocuments": 1,
        "processingDocuments": 0,
        "failedDocuments": 0,
        "passages": 2,
        "questions": 6,
        "answered": 1,
        "refused": 2,
        "failed": 1,
        "pending": 2,
        "medianAnswerMilliseconds": 1000.0,
    }
    assert len(days) == 14
    assert [day["day"] for day in days] == sorted({day["day"] for day in days})
    assert sum(day["refused"] for day in days) == sum(day["failed"] for day in days) == 1
    assert sum(day["answered"] for day in days) == 1


async def test_an_empty_guild_has_figures_too(member: Person, guild_id: int) -> None:
    data = await member.data(
        "query($g:ID!){guild(id:$g){statistics{documents passages medianAnswerMilliseconds}}}",
        g=str(guild_id),
    )
    assert data["guild"]["statistics"] == {
        "documents": 0,
        "passages": 0,
        "medianAnswerMilliseconds": None,
    }


async def test_a_hundred_documents_take_as_many_statements_as_one(
    member: Person, guild_id: int, database: Database
) -> None:
    statements: list[str] = []
    engine = database._engine.sync_engine

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    query = f'{{guild(id:"{guild_id}"){{documents(first:100){{nodes{{passages{{text}}}}}}}}}}'
    counts = []
    for more in (1, 99):
        await _add_documents_of(database, guild_id, more)
        statements.clear()
        nodes = (await member.data(query))["guild"]["documents"]["nodes"]
        assert all(node["passages"] for node in nodes)
        counts.append(len(statements))
    event.remove(engine, "before_cursor_execute", note)
    assert len(nodes) == 100
    assert counts[0] == counts[1]


async def _add_documents_of(database: Database, guild_id: int, count: int) -> None:
    async with database.guild(guild_id) as session:
        await session.execute(
            text("UPDATE documents SET source_name = 'first' WHERE guild_id = :g"), {"g": guild_id}
        )
    await _add_documents(database, guild_id, count)
