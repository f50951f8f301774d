"""Bring a version's bytes to where they stay: its own row."""

import codecs
import hashlib
import re
from email.message import Message
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from functions.ingest import queries
from functions.ingest.refusals import UnreadableDocumentError
from functions.ingest.schemas import VersionAtWork
from functions.runtime.clients import Clients
from functions.runtime.discord.attachments import is_attachment_url
from functions.runtime.leases import Lease
from functions.runtime.web.client import PageRefusedError, WebAnswer

MAXIMUM_BYTES = 25 * 1024 * 1024
_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_TEXT_TYPES = re.compile(r"text/.*|application/(?:.*\+)?(?:xml|json)")
_CHARSETS = re.compile(
    r"(?:iso-?8859-?\d+|latin-?\d+|windows-?\d+|cp\d+|koi8-[ru]|mac-?\w+|tis-?620|utf-16(?:le|be)?"
    r"|shift[_-]jis|euc-(?:jp|kr)|iso-2022-jp|gb2312|gbk|gb18030|big5(?:-hkscs)?)"
)
# The web means the larger set by these names (WHATWG Encoding, section 4.2).
_LARGER: Final = {"iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252",
                  "iso-8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030",
                  "euc-kr": "cp949", "shift_jis": "cp932", "utf-16": "utf-16-le"}  # fmt: skip


async def fetch(clients: Clients, lease: Lease, version: VersionAtWork) -> bytes | None:
    """Download a version's bytes and keep them; None where the page is still the one we have.

    Discord deletes its copy of an attachment after a while, and a page may change.
    """
    url = version.fetch_url
    if url is None:
        raise UnreadableDocumentError("empty")
    if is_attachment_url(url, simulator=clients.settings.simulator):
        content = await clients.discord.fetch_attachment(url, maximum=MAXIMUM_BYTES)
        await _keep(clients, lease, version, content=content)
        return content
    answer = await _read_page(clients, url, version)
    if answer.not_modified:
        return None
    content = _as_utf_8(answer.content, answer.content_type)
    if not content:
        raise PageRefusedError("This page is empty. Check the address and add it again.")
    await _keep(clients, lease, version, content=content, answer=answer)
    return content


def document_name(version: VersionAtWork) -> str:
    """Return the name a document is read by: a file's own, folders included, or a page's last."""
    if not version.is_page:
        return version.source_name
    parts = urlsplit(version.source_name)
    return PurePosixPath(unquote(parts.path)).name or parts.netloc


async def _read_page(clients: Clients, url: str, version: VersionAtWork) -> WebAnswer:
    rules = await clients.robots.rules(url)
    if not rules.allows(url):
        raise ClosedToRobotsError
    known = version.current_version_id is not None
    answer = await clients.web.get(
        url,
        etag=version.etag if known else None,
        last_modified=version.last_modified if known else None,
        maximum=MAXIMUM_BYTES,
    )
    # A redirect may lead from a page that is open to one that is not.
    if not rules.allows(answer.url):
        raise ClosedToRobotsError
    return answer


class ClosedToRobotsError(PageRefusedError):
    """This site asks programs not to read this page (robots.txt). Upload its text if you may."""

    code = "closed_to_robots"


async def _keep(
    clients: Clients,
    lease: Lease,
    version: VersionAtWork,
    *,
    content: bytes,
    answer: WebAnswer | None = None,
) -> None:
    guarded = {"version_id": lease.row_id, "lease_id": lease.lease_id}
    kept = {
        "content": content,
        "content_hash": hashlib.sha256(content).digest(),
        "size_bytes": len(content),
    }
    async with clients.database.guild(lease.guild_id) as session:
        await session.execute(queries.KEEP_CONTENT, {**guarded, **kept})
        if answer is not None:
            checked = {"etag": answer.etag, "last_modified": answer.last_modified}
            await session.execute(
                queries.CHECKED, {**guarded, **checked, "document_id": version.document_id}
            )
            await session.execute(
                queries.FORGET_OVERTAKEN, {**guarded, "document_id": version.document_id}
            )


def _as_utf_8(content: bytes, content_type: str) -> bytes:
    """Return a text as UTF-8 with its mark where the site says that it is in another encoding.

    What HTTP says goes before what a page says of itself, and only a byte order mark before both;
    the parser sees bytes alone. What the site says is doubted as soon as one byte contradicts it.
    """
    message = Message()
    message["content-type"] = content_type
    charset = (message.get_content_charset() or "").replace("_", "-")
    charset = charset.replace("shift-jis", "shift_jis")
    if not _TEXT_TYPES.fullmatch(message.get_content_type()) or content.startswith(_MARKS):
        return content
    if not _CHARSETS.fullmatch(charset):
        return content
    try:
        text = content.decode(_LARGER.get(charset, charset))
    except (LookupError, UnicodeDecodeError):
        return content
    return codecs.BOM_UTF8 + text.encode("utf-8", "replace")
