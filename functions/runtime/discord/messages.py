"""Every message that edits or follows an answer: pure, without a ping, within Discord's limits."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from functions.runtime.discord.languages import language_name
from functions.runtime.discord.text import cut, defuse, label, length, link

# Discord takes 2,000 and does not say of what.
MAXIMUM_CONTENT = 1900
MAXIMUM_SOURCES = 900
MAXIMUM_TITLE = 100
MAXIMUM_LOCATION = 120
# A preview would fetch whatever address stands in a document, and show it to everybody.
SUPPRESS_EMBEDS = 4
EXTRACTIVE = "extractive"
QUOTED = "Quoted from the documents as they are; no language model took part."
WRITING = "-# ✍️ Writing …"
STAGES = {
    "received": "received",
    "fetching": "fetching",
    "parsing": "parsing",
    "chunking": "cutting into passages",
    "embedding": "embedding",
    "checking": "checking that it can be found",
    "publishing": "publishing",
}
# What a stage's numbers count.
UNITS = {"parsing": "page", "embedding": "passage"}
BAR = 10
# A click on such a button carries this and the id of the version to read again.
RETRY = "kb:v1:retry:"
# Such a button, and the form that it opens, carry this and the id of the question answered.
FOLLOW = "qa:v1:follow:"
ACTION_ROW, BUTTON, SECONDARY = 1, 2, 2
MAXIMUM_BUTTONS = 5
MAXIMUM_REASON = 600
# Nothing went wrong where the library has these bytes already.
SAME_FILE = "This is the same file as"
OPEN = frozenset({"received", "processing"})


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered source; only an http or https URL becomes a link."""

    number: int
    title: str
    location: str = ""
    url: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Where a version of a document stands; ``rank`` is by the document's own words, 1 the first.

    ``reason`` says why it failed, or what could not be read of one that is ready.
    """

    version_id: UUID
    title: str
    status: str
    reason: str | None = None
    pages: int | None = None
    passages: int = 0
    language: str | None = None
    rank: int | None = None

    @property
    def can_be_retried(self) -> bool:
        """Tell whether reading it again might end otherwise."""
        return self.status in {"failed", "dead"} and not (self.reason or "").startswith(SAME_FILE)


def message(content: str) -> dict[str, Any]:
    """Return a payload of this text, which stands as it is: whoever calls has made it safe."""
    return {
        "content": content,
        "flags": SUPPRESS_EMBEDS,
        # Discord works mentions out anew for every edit, so this goes with each of them.
        "allowed_mentions": {"parse": []},
    }


def answer_message(
    answer_markdown: str,
    citations: Sequence[Citation] = (),
    *,
    kind: str,
    notice: str | None = None,
    question_id: UUID | None = None,
) -> dict[str, Any]:
    """Return an answer with its sources under it; ``kind`` is ``extractive`` or ``model``.

    With the id of its question it has a button that continues it.
    """
    content = message(_over(answer_markdown, _foot(citations, kind, notice)))
    return {**content, "components": _follow_up(question_id)} if question_id else content


def answer_text(
    answer_markdown: str,
    citations: Sequence[Citation] = (),
    *,
    kind: str,
    notice: str | None = None,
) -> str:
    """Return what :func:`answer_message` says, however long it is."""
    foot = _foot(citations, kind, notice)
    return _shown(answer_markdown) + (f"\n\n{foot}" if foot else "")


def _foot(citations: Sequence[Citation], kind: str, notice: str | None) -> str:
    remarks = [QUOTED] if kind == EXTRACTIVE else []
    remarks += [label(notice, maximum=300)] if notice else []
    return "\n".join([*source_lines(citations), *(f"-# {remark}" for remark in remarks)])


def _follow_up(question_id: UUID) -> list[dict[str, Any]]:
    button = {
        "type": BUTTON,
        "style": SECONDARY,
        "label": "Ask a follow-up",
        "custom_id": f"{FOLLOW}{question_id}",
    }
    return [{"type": ACTION_ROW, "components": [button]}]


def refusal_message(text: str, citations: Sequence[Citation] = ()) -> dict[str, Any]:
    """Return an honest "not in the documents", with the nearest documents under it."""
    return message(_over(text, "\n".join(source_lines(citations))))


def failure_message(reason: str | None) -> dict[str, Any]:
    """Return what went wrong, as a sentence that says what to do."""
    return message(_over(reason or "Something went wrong on our side. Try it again.", ""))


def queue_message(ahead: int) -> dict[str, Any]:
    """Return how many answers are written before this one."""
    return message(f"⏳ In line: {_counted(ahead, 'answer')} ahead of yours.")


def reading_message() -> dict[str, Any]:
    """Return that the model reads the passages, and has written nothing yet."""
    return message("⏳ Reading the passages …")


def writing_message(text: str) -> dict[str, Any]:
    """Return the part of an answer that is written and checked."""
    return message(_over(text, WRITING))


def progress_message(title: str, *, stage: str, done: int = 0, total: int = 0) -> dict[str, Any]:
    """Return how far a document is, of ``total`` units of one stage."""
    name = label(title, maximum=MAXIMUM_TITLE)
    doing = STAGES.get(stage, label(stage, maximum=40))
    return _of_documents(f"⏳ **{name}**: {doing}{_share(stage, min(done, total), total)}")


def outcome_message(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return how documents ended that were added together; one still at work is said to be."""
    if len(outcomes) == 1:
        content = _outcome(outcomes[0])
    else:
        ready = sum(outcome.status == "ready" for outcome in outcomes)
        head = f"{_mark(outcomes)} {ready} of {_counted(len(outcomes), 'document')} ready."
        content = "\n".join([head, *(_outcome(outcome) for outcome in outcomes)])
    if any(outcome.status == "ready" for outcome in outcomes) and not _at_work(outcomes):
        content = f"{cut(content, maximum=MAXIMUM_CONTENT - 40)}\nAsk about it with `/ask`."
    return _of_documents(cut(content, maximum=MAXIMUM_CONTENT), _retry_buttons(outcomes))


def _of_documents(content: str, buttons: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    # An edit without components leaves an old button where it was.
    rows = [{"type": ACTION_ROW, "components": list(buttons)}] if buttons else []
    return {**message(content), "components": rows}


def _outcome(outcome: Outcome) -> str:
    name = label(outcome.title, maximum=MAXIMUM_TITLE)
    # A reason may hold somebody else's words: another document's title, for one.
    reason = label(outcome.reason or "", maximum=MAXIMUM_REASON)
    if outcome.status in OPEN:
        return f"⏳ **{name}**: at work"
    if outcome.status == "ready":
        notices = f"\n-# {reason}" if reason else ""
        return f"✅ **{name}** is ready{_measures(outcome)}.{notices}"
    mark = "❌" if outcome.can_be_retried else "ℹ️"
    return f"{mark} **{name}**: {reason or 'Something went wrong on our side.'}"


def _measures(outcome: Outcome) -> str:
    known = [
        _counted(outcome.pages, "page") if outcome.pages else None,
        _counted(outcome.passages, "passage") if outcome.passages else None,
        language_name(outcome.language),
    ]
    measures = ", ".join(measure for measure in known if measure)
    rank = f", found by its own words at rank {outcome.rank}" if outcome.rank else ""
    return (f": {measures}" if measures else "") + rank


def _at_work(outcomes: Sequence[Outcome]) -> bool:
    return any(outcome.status in OPEN for outcome in outcomes)


def _mark(outcomes: Sequence[Outcome]) -> str:
    if _at_work(outcomes):
        return "⏳"
    return "✅" if all(outcome.status == "ready" for outcome in outcomes) else "❌"


def _retry_buttons(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return a button for each document that failed, once there is nothing to wait for."""
    failed = [outcome for outcome in outcomes if outcome.can_be_retried]
    if _at_work(outcomes):
        return []
    return [
        {
            "type": BUTTON,
            "style": SECONDARY,
            "label": "Try again" if len(outcomes) == 1 else f"Try again: {outcome.title[:40]}",
            "custom_id": f"{RETRY}{outcome.version_id}",
        }
        for outcome in failed[:MAXIMUM_BUTTONS]
    ]


def _share(stage: str, done: int, total: int) -> str:
    if total <= 0:
        return ""
    full = BAR * done // total
    bar = f"`{'█' * full}{'░' * (BAR - full)}` {100 * done // total} %"
    unit = UNITS.get(stage)
    return (f" {unit} {done} of {total}" if unit else "") + f"\n{bar}"


def source_lines(citations: Sequence[Citation]) -> list[str]:
    """Return a small line for each source, as many as there is room for."""
    lines: list[str] = []
    room = MAXIMUM_SOURCES
    for done, citation in enumerate(citations):
        line = _source_line(citation)
        room -= length(line) + 1
        if room < 0:
            lines.append(f"-# … and {_counted(len(citations) - done, 'more source')}")
            break
        lines.append(line)
    return lines


def _source_line(citation: Citation) -> str:
    title = link(citation.title or "Untitled", citation.url, maximum=MAXIMUM_TITLE)
    location = label(citation.location, maximum=MAXIMUM_LOCATION)
    where = f" — {location}" if location else ""
    return f"-# [{citation.number}] {title}{where}"


def _over(text: str, foot: str) -> str:
    """Return a text, cut where it is too long, over what must stand under it whole."""
    below = f"\n\n{foot}" if foot else ""
    return cut(_shown(text), maximum=MAXIMUM_CONTENT - length(below)) + below


def _shown(text: str) -> str:
    # Discord refuses a message of blanks alone.
    return defuse(text.replace("\0", "")).strip() or "…"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
