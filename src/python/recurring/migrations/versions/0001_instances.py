"""Messaging tables, completions, the instances that follow them, and tombstones of users."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from events.migrations import messaging_v1

revision = "0001"
down_revision = None


def upgrade() -> None:
    messaging_v1.upgrade()
    op.create_table(
        "erased_users",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("erased_users_erased_at", "erased_users", ["erased_at"])
    op.create_table(
        "completions",
        sa.Column("task_id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, comment="the task's, at its latest completion"),
        sa.Column("series_id", sa.Uuid, nullable=False),
        sa.Column("next_task_id", sa.Uuid, comment="none: the series is over"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("completions_user_id", "completions", ["user_id"])
    op.create_index("completions_recorded_at", "completions", ["recorded_at"])
    op.create_table(
        "instances",
        sa.Column("task_id", sa.Uuid, primary_key=True),
        sa.Column("series_id", sa.Uuid, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("parent_task_id", sa.Uuid, nullable=False),
        sa.Column(
            "parent_version", sa.Integer, nullable=False, comment="the parent's, at the completion that brought it"
        ),
        sa.Column("due_date", sa.Date, nullable=False),
        sa.Column("data", postgresql.JSONB, nullable=False, comment="of its latest recurring.task.created"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="the first time it was brought"),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False, comment="the latest time it was brought"),
        sa.UniqueConstraint("series_id", "ordinal", name="instances_occurrence"),
    )
    op.create_index("instances_parent_task_id", "instances", ["parent_task_id"])
    op.create_index("instances_user_id", "instances", ["user_id"])
    op.create_index("instances_issued_at", "instances", ["issued_at"])


def downgrade() -> None:
    for table in ("instances", "completions", "erased_users"):
        op.drop_table(table)
    messaging_v1.downgrade()
