"""What the sweep asks of the database; the functions are defined in the migrations."""

from sqlalchemy import text

# Ids only, across guilds; each is handed out at most once a minute.
OVERDUE = text("SELECT kind, id FROM lore_overdue(:most)")
# Before OVERDUE: what it finds due becomes overdue work at once.
REFRESH = text("SELECT lore_refresh(:most)")
# Whose turn it is at the model, while nobody works on them.
CALLED = text("SELECT lore_called_turns(:slots)")
GIVE_UP = text("SELECT lore_give_up()")
EXPIRE = text("SELECT lore_expire()")
RECORD_DEAD_LETTER = text(
    "INSERT INTO dead_letters (source, event_id, type, subject, error_code)"
    " VALUES (:source, :event_id, :type, :subject, :error_code) ON CONFLICT DO NOTHING"
)
