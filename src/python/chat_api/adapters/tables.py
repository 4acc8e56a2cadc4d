"""The Chat API's tables. None names a schema: the role's ``search_path`` does. `migrations` creates them."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from events.tables import messaging_tables

metadata = MetaData()

messaging = messaging_tables(metadata)

_MOMENT = DateTime(timezone=True)


def _user_id(*, primary_key: bool = False) -> Column[object]:
    return Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, primary_key=primary_key)


users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, unique=True, comment="the address without regard to case"),
    Column("password_hash", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("email_reminders", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("last_task_number", Integer, nullable=False, server_default="0"),
    Column("created_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    _user_id(),
    Column("created_at", _MOMENT, nullable=False),
    Column("expires_at", _MOMENT, nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Uuid, primary_key=True),
    _user_id(),
    Column("name", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", _MOMENT, nullable=False),
)

login_throttles = Table(
    "login_throttles",
    metadata,
    Column("email_key", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("blocked_until", _MOMENT, nullable=False),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Uuid, primary_key=True),
    _user_id(),
    Column("number", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Column("due_date", Date),
    Column("due_time", Time),
    Column("due_at", _MOMENT, nullable=False, comment="the moment it is overdue; far ahead without a due"),
    Column("timezone", Text, nullable=False),
    Column("series_id", Uuid),
    Column("series_rule", Text),
    Column("series_basis", Text),
    Column("series_start", Date),
    Column("occurrence_ordinal", Integer),
    Column("occurrence_date", Date),
    Column("version", Integer, nullable=False),
    Column("created_version", Integer, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    Column("completed_at", _MOMENT),
    Column("resolution", Text),
    Column("completed_version", Integer),
    Column("parent_id", Uuid, comment="no foreign key: the parent may be deleted"),
    Column("parent_version", Integer),
    Column("words", TSVECTOR, nullable=False, comment="of title, notes and tags, as a search compares them"),
    UniqueConstraint("user_id", "number"),
)

task_tombstones = Table(
    "task_tombstones",
    metadata,
    Column("task_id", Uuid, primary_key=True),
    _user_id(),
    Column("number", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("parent_version", Integer, nullable=False),
    Column("deleted_at", _MOMENT, nullable=False),
)

reminders = Table(
    "reminders",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False),
    # No foreign key: it would lock the user's row after the task's, against the order of locks.
    Column("user_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("remind_at", _MOMENT, nullable=False),
    Column("before_due_seconds", Integer),
    Column("state", Text, nullable=False),
    Column("cancel_reason", Text),
    Column("created_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    _user_id(primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", SmallInteger, comment="none while the first request is being handled"),
    Column("body", JSONB),
    Column("headers", JSONB),
    Column("created_at", _MOMENT, nullable=False),
)
