"""Discord's ids: 64 bits that begin with the millisecond they were made in."""

from datetime import UTC, datetime, timedelta

EPOCH_MILLISECONDS = 1_420_070_400_000
TOKEN_LIFE = timedelta(minutes=15)


def made_at(snowflake: int) -> datetime:
    """Return the time an id was made."""
    return datetime.fromtimestamp(((snowflake >> 22) + EPOCH_MILLISECONDS) / 1000, tz=UTC)


def snowflake_at(moment: datetime, *, sequence: int = 0) -> int:
    """Return an id made at ``moment``; ``sequence`` tells ids of one millisecond apart."""
    milliseconds = int(moment.timestamp() * 1000) - EPOCH_MILLISECONDS
    return (milliseconds << 22) | (sequence & 0x3FFFFF)


def token_expires_at(interaction_id: int) -> datetime:
    """Return when the token of an interaction stops to work."""
    return made_at(interaction_id) + TOKEN_LIFE
