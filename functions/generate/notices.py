"""Where in Discord a question waits for its answer."""

from functions.generate import queries
from functions.generate.schemas import Notice
from functions.runtime.clients import Clients
from functions.runtime.leases import Lease
from functions.runtime.tokens import TokenError, decrypt_token


async def find_notices(clients: Clients, lease: Lease) -> list[Notice]:
    """Return where nobody has been told the end yet."""
    async with clients.database.guild(lease.guild_id) as session:
        rows = await session.execute(queries.NOTICES, {"question_id": lease.row_id})
        sealed = [dict(row) for row in rows.mappings()]
    key = clients.settings.secret()
    return [Notice(**{**row, "token": _opened(row["id"], row["token"], key)}) for row in sealed]


def _opened(interaction_id: int, sealed: bytes | None, key: bytes) -> str | None:
    if sealed is None:
        return None
    try:
        return decrypt_token(sealed, key=key, interaction_id=interaction_id)
    except TokenError:
        # Written under another key: it will never be read again, and the answer must not wait.
        return None
