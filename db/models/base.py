"""What every table is made of."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    LargeBinary,
    SmallInteger,
    Text,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NOW = sql("now()")
NEW_ID = sql("gen_random_uuid()")
# An event is given this long to do its work before the sweep sends it again.
FIRST_SWEEP = sql("(now() + '00:00:20'::interval)")


class Base(DeclarativeBase):
    """Every table; types map to PostgreSQL's plainest."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads a plain dictionary
        str: Text,
        int: BigInteger,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
    }


class Leased:
    """Columns of a row that somebody works on; times are the database's clock."""

    starts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    lease_id: Mapped[UUID | None]
    lease_expires_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=FIRST_SWEEP)
