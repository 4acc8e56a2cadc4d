"""Accounts, tasks and reminders, beside the tables that all services have."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from events.migrations import messaging_v1

revision = "0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    messaging_v1.upgrade()
    _create_accounts()
    _create_tasks()
    _create_reminders()
    op.create_table(
        "idempotency_keys",
        _user_id(primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("request_hash", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.SmallInteger, comment="none while the first request is being handled"),
        sa.Column("body", JSONB),
        sa.Column("headers", JSONB),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_index("idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def downgrade() -> None:
    for table in (
        "idempotency_keys",
        "reminders",
        "task_tombstones",
        "tasks",
        "login_throttles",
        "api_tokens",
        "sessions",
        "users",
    ):
        op.drop_table(table)
    messaging_v1.downgrade()


def _user_id(*, primary_key: bool = False) -> sa.Column[object]:
    reference = sa.ForeignKey("users.id", ondelete="CASCADE")
    return sa.Column("user_id", sa.Uuid, reference, nullable=False, primary_key=primary_key)


def _create_accounts() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("email_key", sa.Text, nullable=False, unique=True, comment="the address without regard to case"),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("email_reminders", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("last_task_number", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("secret_hash", sa.LargeBinary, primary_key=True),
        _user_id(),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
    )
    op.create_index("sessions_user_id", "sessions", ["user_id"])
    op.create_index("sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user_id(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_index("api_tokens_user_id", "api_tokens", ["user_id"])
    op.create_table(
        "login_throttles",
        sa.Column("email_key", sa.Text, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("blocked_until", _MOMENT, nullable=False),
    )
    op.create_index("login_throttles_blocked_until", "login_throttles", ["blocked_until"])


def _create_tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user_id(),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("tags", ARRAY(sa.Text), nullable=False),
        sa.Column("due_date", sa.Date),
        sa.Column("due_time", sa.Time),
        sa.Column("due_at", _MOMENT, nullable=False, comment="the moment it is overdue; far ahead without a due"),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("series_id", sa.Uuid),
        sa.Column("series_rule", sa.Text),
        sa.Column("series_basis", sa.Text),
        sa.Column("series_start", sa.Date),
        sa.Column("occurrence_ordinal", sa.Integer),
        sa.Column("occurrence_date", sa.Date),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_version", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("completed_at", _MOMENT),
        sa.Column("resolution", sa.Text),
        sa.Column("completed_version", sa.Integer),
        sa.Column("parent_id", sa.Uuid, comment="no foreign key: the parent may be deleted"),
        sa.Column("parent_version", sa.Integer),
        sa.Column("words", TSVECTOR, nullable=False, comment="of title, notes and tags, as a search compares them"),
        sa.UniqueConstraint("user_id", "number", name="tasks_number"),
        sa.CheckConstraint("status IN ('open', 'done')", name="tasks_status"),
        sa.CheckConstraint("priority IN ('low', 'normal', 'high')", name="tasks_priority"),
        sa.CheckConstraint("resolution IN ('completed', 'skipped')", name="tasks_resolution"),
        sa.CheckConstraint(
            "(status = 'done') = (completed_at IS NOT NULL AND resolution IS NOT NULL"
            " AND completed_version IS NOT NULL)",
            name="tasks_completion",
        ),
        sa.CheckConstraint("series_id IS NULL OR due_date IS NOT NULL", name="tasks_series_has_due"),
    )
    # Each of the orders that tasks are listed in, so that a page costs the same however many tasks there are.
    op.create_index("tasks_open", "tasks", ["user_id", "due_at", "number"], postgresql_where=sa.text("status = 'open'"))
    op.create_index(
        "tasks_done", "tasks", ["user_id", "completed_at", "number"], postgresql_where=sa.text("status = 'done'")
    )
    op.create_index("tasks_tags", "tasks", ["tags"], postgresql_using="gin")
    op.create_index("tasks_words", "tasks", ["words"], postgresql_using="gin")
    op.create_index("tasks_parent_id", "tasks", ["parent_id"], postgresql_where=sa.text("parent_id IS NOT NULL"))
    op.create_table(
        "task_tombstones",
        sa.Column("task_id", sa.Uuid, primary_key=True),
        _user_id(),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("parent_version", sa.Integer, nullable=False),
        sa.Column("deleted_at", _MOMENT, nullable=False),
    )
    op.create_index("task_tombstones_user_id", "task_tombstones", ["user_id"])
    op.create_index("task_tombstones_deleted_at", "task_tombstones", ["deleted_at"])


def _create_reminders() -> None:
    op.create_table(
        "reminders",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("task_id", sa.Uuid, sa.ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("remind_at", _MOMENT, nullable=False),
        sa.Column("before_due_seconds", sa.Integer),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("cancel_reason", sa.Text),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint(
            "state IN ('scheduled', 'triggered', 'sent', 'cancelled', 'failed')", name="reminders_state"
        ),
        sa.CheckConstraint(
            "(state IN ('cancelled', 'failed')) = (cancel_reason IS NOT NULL)", name="reminders_cancel_reason"
        ),
    )
    op.create_index("reminders_task_id", "reminders", ["task_id"])
    op.create_index("reminders_listed", "reminders", ["user_id", "remind_at", "id"])
