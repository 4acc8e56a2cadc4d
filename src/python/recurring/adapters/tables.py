"""The service's tables. None names a schema: the role's ``search_path`` does."""

from sqlalchemy import Column, Date, DateTime, Index, Integer, MetaData, Table, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from events.tables import messaging_tables

metadata = MetaData()
messaging = messaging_tables(metadata)

erased_users = Table(
    "erased_users",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("erased_at", DateTime(timezone=True), nullable=False),
    Index("erased_users_erased_at", "erased_at"),
)

completions = Table(
    "completions",
    metadata,
    Column("task_id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False, comment="the task's, at its latest completion"),
    Column("series_id", Uuid, nullable=False),
    Column("next_task_id", Uuid, comment="none: the series is over"),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Index("completions_user_id", "user_id"),
    Index("completions_recorded_at", "recorded_at"),
)

instances = Table(
    "instances",
    metadata,
    Column("task_id", Uuid, primary_key=True),
    Column("series_id", Uuid, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("parent_task_id", Uuid, nullable=False),
    Column("parent_version", Integer, nullable=False, comment="the parent's, at the completion that brought it"),
    Column("due_date", Date, nullable=False),
    Column("data", JSONB, nullable=False, comment="of its latest recurring.task.created"),
    Column("created_at", DateTime(timezone=True), nullable=False, comment="the first time it was brought"),
    Column("issued_at", DateTime(timezone=True), nullable=False, comment="the latest time it was brought"),
    UniqueConstraint("series_id", "ordinal", name="instances_occurrence"),
    Index("instances_parent_task_id", "parent_task_id"),
    Index("instances_user_id", "user_id"),
    Index("instances_issued_at", "issued_at"),
)
