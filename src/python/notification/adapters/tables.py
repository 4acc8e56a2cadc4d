"""The service's tables. None names a schema: the role's ``search_path`` does."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from events.tables import messaging_tables

metadata = MetaData()
messaging = messaging_tables(metadata)

recipients = Table(
    "recipients",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("email", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("email_reminders", Boolean, nullable=False),
)

erased_users = Table(
    "erased_users",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("erased_at", DateTime(timezone=True), nullable=False),
    Index("erased_users_erased_at", "erased_at"),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False, comment="of the last known task event; 0 where none has come"),
    Column("state", Text, nullable=False),
    Column("listed", JSONB, nullable=False, comment="version by id of the reminders still wanted at that version"),
    Column("text_version", Integer, nullable=False, comment="of the task, whichever event told number to due_timezone"),
    Column("number", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("due_date", Date),
    Column("due_time", Time),
    Column("due_timezone", Text),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("state IN ('open', 'completed', 'deleted')", name="tasks_state"),
    Index("tasks_user_id", "user_id"),
    Index("tasks_changed_at", "changed_at"),
)

reminders = Table(
    "reminders",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("task_id", Uuid, ForeignKey("tasks.id"), nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("task_version", Integer, nullable=False),
    Column("remind_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, comment="why it was cancelled or failed"),
    Column("traceparent", Text, nullable=False, comment="of the request that scheduled it"),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("state IN ('scheduled', 'triggered', 'sent', 'cancelled', 'failed')", name="reminders_state"),
    Index("reminders_due", "remind_at", postgresql_where=text("state = 'scheduled'")),
    Index("reminders_triggered", "changed_at", postgresql_where=text("state = 'triggered'")),
    Index("reminders_task_id", "task_id"),
    Index("reminders_user_id", "user_id"),
    Index(
        "reminders_ended",
        "changed_at",
        postgresql_where=text("state IN ('sent', 'cancelled', 'failed')"),
    ),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("reminder_id", Uuid, ForeignKey("reminders.id"), nullable=False),
    Column("reminder_version", Integer, nullable=False),
    Column("task_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("remind_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column(
        "uncertain",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="attempts after which nobody knows whether the mail was taken",
    ),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False),
    Column("lease_until", DateTime(timezone=True)),
    Column("message_id", Text),
    Column("last_error", Text),
    Column("sent_at", DateTime(timezone=True)),
    Column("traceparent", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("reminder_id", "reminder_version", name="deliveries_scheduling"),
    CheckConstraint(
        "state IN ('pending', 'sending', 'uncertain', 'sent', 'failed', 'cancelled')", name="deliveries_state"
    ),
    Index(
        "deliveries_waiting",
        "next_attempt_at",
        postgresql_where=text("state IN ('pending', 'uncertain')"),
    ),
    Index("deliveries_leased", "lease_until", postgresql_where=text("state = 'sending'")),
    Index("deliveries_user_id", "user_id"),
)
