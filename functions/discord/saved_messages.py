"""What of a message becomes a document: its text, and each of its files that may hold some."""

import re
from collections import Counter

from functions.discord.schemas import Attachment, Command, Message, Upload
from functions.runtime.visible import visible

MAXIMUM_NAME = 200
MAXIMUM_TITLE = 80
MAXIMUM_FILES = 10
# No document is made of what has no text by its nature; whatever else a file is, its reader says.
UNREADABLE = ("image/", "audio/", "video/")
MARKS = re.compile(r"^[\s#>*_~`|-]+|[\s*_~`|]+$")


def cleaned(text: object) -> str:
    """Return text without what PostgreSQL cannot hold, and without blanks around it."""
    return text.replace("\0", "").strip() if isinstance(text, str) else ""


def named(text: object) -> str:
    """Return a name or a title in one line, without the characters that only mislead."""
    line = " ".join(text.split()) if isinstance(text, str) else ""
    return visible(line).strip()


def file_name(attachment: Attachment) -> str:
    """Return an attachment's name; where it is too long its end stays, which tells the kind."""
    return named(attachment.filename).replace("/", "_")[-MAXIMUM_NAME:] or "document"


def documents_of(command: Command, message: Message) -> list[Upload]:
    """Return the text first; every document bears the message's link."""
    link = f"https://discord.com/channels/{command.guild_id}/{message.channel_id}/{message.id}"
    text = [_text(message, link)] if cleaned(message.content) else []
    return text + _files(message, link)


def _text(message: Message, link: str) -> Upload:
    content = cleaned(message.content).encode(errors="replace")
    return Upload(
        # Discord's formatting is Markdown, and a name with this ending says so to the reader.
        name=f"message {message.id}.md",
        title=_title(message),
        size=len(content),
        content=content,
        source_url=link,
    )


def _title(message: Message) -> str:
    first = MARKS.sub("", named(cleaned(message.content).splitlines()[0]))
    if len(first) > MAXIMUM_TITLE:
        first = first[: MAXIMUM_TITLE - 1].rstrip() + "…"
    author = named(message.author.global_name or message.author.username) or "a member"
    return first or f"Message by {author}, {message.timestamp[:10]}"


def _files(message: Message, link: str) -> list[Upload]:
    seen: Counter[str] = Counter()
    uploads = []
    for file in message.attachments[:MAXIMUM_FILES]:
        if (file.content_type or "").startswith(UNREADABLE):
            continue
        name = file_name(file)
        seen[name] += 1
        # Files of one name are different documents; without the folder so would be those of two
        # messages, of which Discord itself calls many "message.txt".
        folder = f"message {message.id}" + (f"/{seen[name]}" if seen[name] > 1 else "")
        uploads.append(
            Upload(
                name=f"{folder}/{name}",
                size=file.size,
                fetch_url=file.url,
                source_url=link,
            )
        )
    return uploads
