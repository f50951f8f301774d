"""Bring a version's bytes to where they stay: its own row."""

import hashlib

from functions.ingest import queries
from functions.ingest.refusals import UnreadableDocumentError
from functions.ingest.schemas import VersionAtWork
from functions.runtime.clients import Clients
from functions.runtime.leases import Lease

MAXIMUM_BYTES = 25 * 1024 * 1024


async def fetch(clients: Clients, lease: Lease, version: VersionAtWork) -> bytes:
    """Download an attachment and keep it: Discord deletes its copy after a while."""
    if version.fetch_url is None:
        raise UnreadableDocumentError("empty")
    content = await clients.discord.fetch_attachment(version.fetch_url, maximum=MAXIMUM_BYTES)
    async with clients.database.guild(lease.guild_id) as session:
        await session.execute(
            queries.KEEP_CONTENT,
            {
                "version_id": lease.row_id,
                "lease_id": lease.lease_id,
                "content": content,
                "content_hash": hashlib.sha256(content).digest(),
                "size_bytes": len(content),
            },
        )
    return content
