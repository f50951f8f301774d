"""Where in Discord a question waits for its answer."""

from functions.generate import queries
from functions.generate.schemas import Notice
from functions.runtime.clients import Clients
from functions.runtime.leases import Lease
from functions.runtime.tokens import TokenError, decrypt_token


async def find_notices(clients: Clients, lease: Lease) -> list[Notice]:
    """Return the replies that still say "thinking"."""
    async with clients.database.guild(lease.guild_id) as session:
        rows = (await session.execute(queries.NOTICES, {"question_id": lease.row_id})).mappings()
        sealed = [dict(row) for row in rows]
    key = clients.settings.secret()
    notices = []
    for row in sealed:
        try:
            token = decrypt_token(row["token"], key=key, interaction_id=row["id"])
        except TokenError:
            # Written under another key: it will never be read again, and the answer must not wait.
            continue
        notices.append(Notice(**{**row, "token": token}))
    return notices
