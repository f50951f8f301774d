"""Every message that edits or follows an answer: pure, without a ping, within Discord's limits."""

from collections.abc import Sequence
from typing import Any

import msgspec

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
STAGES = {
    "received": "waiting",
    "fetching": "fetching the file",
    "parsing": "reading",
    "chunking": "cutting into passages",
    "embedding": "learning what it says",
    "checking": "checking that it can be found",
    "publishing": "publishing",
}


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered source; only an http or https URL becomes a link."""

    number: int
    title: str
    location: str = ""
    url: str | None = None


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
) -> dict[str, Any]:
    """Return an answer with its sources under it; ``kind`` is ``extractive`` or ``model``."""
    remarks = [QUOTED] if kind == EXTRACTIVE else []
    remarks += [label(notice, maximum=300)] if notice else []
    foot = "\n".join([*source_lines(citations), *(f"-# {remark}" for remark in remarks)])
    return message(_over(answer_markdown, foot))


def refusal_message(text: str, citations: Sequence[Citation] = ()) -> dict[str, Any]:
    """Return an honest "not in the documents", with the nearest documents under it."""
    return message(_over(text, "\n".join(source_lines(citations))))


def failure_message(reason: str | None) -> dict[str, Any]:
    """Return what went wrong, as a sentence that says what to do."""
    return message(_over(reason or "Something went wrong on our side. Try it again.", ""))


def progress_message(title: str, *, stage: str, done: int = 0, total: int = 0) -> dict[str, Any]:
    """Return how far a document is, of ``total`` units of one stage."""
    name = label(title, maximum=MAXIMUM_TITLE)
    share = f" ({min(100, 100 * done // total)} %)" if total > 0 else ""
    return message(f"⏳ **{name}**: {STAGES.get(stage, label(stage, maximum=40))}{share}")


def ready_message(title: str, *, passages: int, pages: int | None = None) -> dict[str, Any]:
    """Return that a document can be asked about from now on."""
    name = label(title, maximum=MAXIMUM_TITLE)
    size = _counted(passages, "passage")
    if pages:
        size = f"{_counted(pages, 'page')}, {size}"
    return message(f"✅ **{name}** is ready ({size}). Ask about it with `/ask`.")


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
    # Discord refuses a message of blanks alone.
    head = defuse(text.replace("\0", "")).strip() or "…"
    return cut(head, maximum=MAXIMUM_CONTENT - length(below)) + below


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
