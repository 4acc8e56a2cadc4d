"""Messaging tables, recipients, tasks as far as reminders need them, reminders and deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from events.migrations import messaging_v1

revision = "0001"
down_revision = None


def upgrade() -> None:
    messaging_v1.upgrade()
    op.create_table(
        "recipients",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("email_reminders", sa.Boolean, nullable=False),
    )
    op.create_table(
        "erased_users",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("erased_users_erased_at", "erased_users", ["erased_at"])
    _create_tasks()
    _create_reminders()
    _create_deliveries()


def _create_tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, comment="of the last known task event; 0 where none has come"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column(
            "listed",
            postgresql.JSONB,
            nullable=False,
            comment="version by id of the reminders still wanted at that version",
        ),
        sa.Column(
            "text_version",
            sa.Integer,
            nullable=False,
            comment="of the task, whichever event told number to due_timezone",
        ),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("due_date", sa.Date),
        sa.Column("due_time", sa.Time),
        sa.Column("due_timezone", sa.Text),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('open', 'completed', 'deleted')", name="tasks_state"),
    )
    op.create_index("tasks_user_id", "tasks", ["user_id"])
    op.create_index("tasks_changed_at", "tasks", ["changed_at"])


def _create_reminders() -> None:
    op.create_table(
        "reminders",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("task_id", sa.Uuid, sa.ForeignKey("tasks.id"), nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("task_version", sa.Integer, nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, comment="why it was cancelled or failed"),
        sa.Column("traceparent", sa.Text, nullable=False, comment="of the request that scheduled it"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('scheduled', 'triggered', 'sent', 'cancelled', 'failed')", name="reminders_state"
        ),
    )
    op.create_index("reminders_due", "reminders", ["remind_at"], postgresql_where=sa.text("state = 'scheduled'"))
    op.create_index("reminders_triggered", "reminders", ["changed_at"], postgresql_where=sa.text("state = 'triggered'"))
    op.create_index("reminders_task_id", "reminders", ["task_id"])
    op.create_index("reminders_user_id", "reminders", ["user_id"])
    op.create_index(
        "reminders_ended",
        "reminders",
        ["changed_at"],
        postgresql_where=sa.text("state IN ('sent', 'cancelled', 'failed')"),
    )


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("reminder_id", sa.Uuid, sa.ForeignKey("reminders.id"), nullable=False),
        sa.Column("reminder_version", sa.Integer, nullable=False),
        sa.Column("task_id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column(
            "uncertain",
            sa.Integer,
            nullable=False,
            server_default=sa.text("0"),
            comment="attempts after which nobody knows whether the mail was taken",
        ),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("message_id", sa.Text),
        sa.Column("last_error", sa.Text),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("traceparent", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("reminder_id", "reminder_version", name="deliveries_scheduling"),
        sa.CheckConstraint(
            "state IN ('pending', 'sending', 'uncertain', 'sent', 'failed', 'cancelled')", name="deliveries_state"
        ),
    )
    op.create_index(
        "deliveries_waiting",
        "deliveries",
        ["next_attempt_at"],
        postgresql_where=sa.text("state IN ('pending', 'uncertain')"),
    )
    op.create_index("deliveries_leased", "deliveries", ["lease_until"], postgresql_where=sa.text("state = 'sending'"))
    op.create_index("deliveries_user_id", "deliveries", ["user_id"])


def downgrade() -> None:
    for table in ("deliveries", "reminders", "tasks", "erased_users", "recipients"):
        op.drop_table(table)
    messaging_v1.downgrade()
