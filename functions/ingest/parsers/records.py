import json
import re
from collections.abc import Iterator
from typing import Any, Final

from functions.ingest.parsers.elements import Element, Page, RefusedError
from functions.ingest.parsers.markdown import elements as markdown_elements

_BATCH: Final = 500
# Up to this long an object is one record; beyond it, its members get headings.
_RECORD: Final = 1000
_DEEPEST_HEADING: Final = 4
_SHORT_LIST: Final = 200
_NAMES: Final = ("title", "name", "label", "id", "key")
_SPACES = re.compile(r"\s+")
_PLAIN_KEY = re.compile(r"[^\s.\[\]:]+")


def read(document: bytes) -> Iterator[Page]:
    """Yield JSON, or JSON Lines, given as clean UTF-8: records, and headings above large ones.

    Raises RefusedError (`damaged`) where it is neither.
    """
    value = _load(document.decode("utf-8"))
    found = _told(value)
    batch: list[Element] = []
    for element in found:
        batch.append(element)
        if len(batch) >= _BATCH:
            yield Page(batch)
            batch = []
    yield Page(batch)


def _told(value: Any) -> Iterator[Element]:
    if _is_notebook(value):
        return _notebook(value)
    return _chat(value) if _is_chat(value) else _describe(value, level=1)


def _load(text: str) -> Any:
    try:
        return _value(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise RefusedError("damaged") from None
    try:
        return [_value(line) for line in text.split("\n") if line.strip()]
    except json.JSONDecodeError:
        raise RefusedError("damaged") from None


def _value(text: str) -> Any:
    # Numbers stay as they are written: a float would change what the document says.
    return json.loads(
        text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_object
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for position, (key, member) in enumerate(pairs, start=1):
        # A name given twice is legal JSON; a plain dictionary would lose the first value.
        value[key if key not in value else f"{key} ({position})"] = member
    return value


def _describe(value: Any, *, level: int) -> Iterator[Element]:
    if isinstance(value, dict):
        yield from _describe_object(value, level=level)
    elif isinstance(value, list):
        yield from _describe_list(value, level=level)
    elif text := _scalar(value):
        yield Element("paragraph", text)


def _describe_object(value: dict[str, Any], *, level: int) -> Iterator[Element]:
    lines = _lines(value)
    if level > _DEEPEST_HEADING or sum(map(len, lines)) <= _RECORD:
        yield from _record(lines)
        return
    own = {key: member for key, member in value.items() if not isinstance(member, dict | list)}
    yield from _record(_lines(own))
    for key, member in value.items():
        if isinstance(member, dict | list) and member:
            yield Element("heading", _SPACES.sub(" ", key), level=level)
            yield from _describe(member, level=level + 1)


def _describe_list(value: list[Any], *, level: int) -> Iterator[Element]:
    if not any(isinstance(item, dict | list) for item in value):
        text = "\n".join(f"- {_scalar(item)}" for item in value)
        yield from [Element("list", text)] if text else []
        return
    for item in value:
        lines = _lines(item)
        name = _name(item)
        if isinstance(item, dict) and name and sum(map(len, lines)) > _RECORD:
            yield Element("heading", name, level=min(level, _DEEPEST_HEADING))
            yield from _describe(item, level=level + 1)
        else:
            yield from _record(lines)


def _record(lines: list[str]) -> Iterator[Element]:
    if lines:
        # Cut, where it must be, at the ends of lines.
        yield Element("table", "\n".join(lines))


def _name(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    names = (item.get(key) for key in _NAMES)
    return next((_SPACES.sub(" ", name) for name in names if isinstance(name, str) and name), "")


def _lines(value: Any) -> list[str]:
    """Return `path: value` for every value, in order; a loop, as nesting has no bound."""
    lines: list[str] = []
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, member = waiting.pop()
        if isinstance(member, dict):
            inner = [(_join(path, key), item) for key, item in member.items()]
            waiting += reversed(inner)
        elif isinstance(member, list) and not _is_short(member):
            inner = [(f"{path}[{number}]", item) for number, item in enumerate(member)]
            waiting += reversed(inner)
        elif text := _short(member) if isinstance(member, list) else _scalar(member):
            lines.append(f"{path}: {text}" if path else text)
    return lines


def _join(path: str, key: str) -> str:
    own = key if _PLAIN_KEY.fullmatch(key) else _SPACES.sub(" ", key).strip()
    return f"{path}.{own}" if path else own


def _is_short(member: list[Any]) -> bool:
    if any(isinstance(item, dict | list) for item in member):
        return False
    return sum(len(_scalar(item)) for item in member) <= _SHORT_LIST


def _short(member: list[Any]) -> str:
    return ", ".join(text for item in member if (text := _scalar(item)))


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return str(value).lower() if isinstance(value, bool) else ""


def _is_notebook(value: Any) -> bool:
    return isinstance(value, dict) and "nbformat" in value and isinstance(value.get("cells"), list)


def _notebook(value: dict[str, Any]) -> Iterator[Element]:
    """Yield a Jupyter notebook's cells; outputs are left out, as they are mostly figures."""
    for cell in value["cells"]:
        source = cell.get("source", "") if isinstance(cell, dict) else ""
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            yield Element("code", text)
        else:
            yield from markdown_elements(text)


def _is_chat(value: Any) -> bool:
    """Tell whether this is a channel as DiscordChatExporter saves it."""
    if not isinstance(value, dict):
        return False
    guild, channel, messages = (value.get(key) for key in ("guild", "channel", "messages"))
    if not (isinstance(guild, dict) and isinstance(channel, dict) and isinstance(messages, list)):
        return False
    return bool(messages) and all(map(_is_message, messages))


def _is_message(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("author"), dict)
        and isinstance(value.get("content"), str)
        and isinstance(value.get("timestamp"), str)
    )


def _chat(value: dict[str, Any]) -> Iterator[Element]:
    """Yield a channel's messages as people read them; ids, pictures and colours say nothing."""
    named = [name for name in map(_name, (value["guild"], value["channel"])) if name]
    if named:
        yield Element("title", ": ".join(named))
    for message in value["messages"]:
        author = message["author"]
        who = _scalar(author.get("nickname")) or _scalar(author.get("name"))
        when = message["timestamp"][:16].replace("T", " ")
        names = (_scalar(file.get("fileName")) for file in _objects(message, "attachments"))
        files = [f"[{name}]" for name in names if name]
        embedded = [text for embed in _objects(message, "embeds") for text in _embedded(embed)]
        said = " ".join(filter(None, [message["content"].strip(), *files]))
        if said or embedded:
            yield Element("paragraph", "\n".join([f"{who}, {when}: {said}".rstrip(), *embedded]))


def _embedded(embed: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of what a bot embedded in a message."""
    yield from filter(None, (_scalar(embed.get(key)) for key in ("title", "description")))
    for field in _objects(embed, "fields"):
        yield f"{_scalar(field.get('name'))}: {_scalar(field.get('value'))}"
    footer = embed.get("footer")
    if isinstance(footer, dict) and (text := _scalar(footer.get("text"))):
        yield text


def _objects(value: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = value.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
