"""Outbox, inbox, parked events and dead letters, as each service's first revision creates them.

A revision never changes once released: a later change of these tables is a `messaging_v2` beside this.
"""

import sqlalchemy as sa
from alembic import op


def upgrade() -> None:
    """Creates the four tables in the first schema of the role's ``search_path``."""
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("event_id", sa.Uuid),
        sa.Column("user_id", sa.Uuid, comment="whose data it carries, where that is known"),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("partition_key", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False, comment="what is published, to the letter"),
        sa.Column("raw", sa.Boolean, nullable=False, comment="published as it is, not as a CloudEvent"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), comment="it alone cannot be published"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("error", sa.Text),
    )
    op.create_index(
        "outbox_pending",
        "outbox",
        ["topic", "id"],
        postgresql_where=sa.text("published_at IS NULL AND set_aside_at IS NULL"),
    )
    op.create_index(
        "outbox_held",
        "outbox",
        ["topic", "partition_key"],
        postgresql_where=sa.text("published_at IS NULL AND set_aside_at IS NULL AND attempts > 0"),
    )
    op.create_index("outbox_set_aside", "outbox", ["topic"], postgresql_where=sa.text("set_aside_at IS NOT NULL"))
    op.create_index(
        "outbox_published_at", "outbox", ["published_at"], postgresql_where=sa.text("published_at IS NOT NULL")
    )
    op.create_index("outbox_user_id", "outbox", ["user_id"], postgresql_where=sa.text("published_at IS NOT NULL"))
    op.create_table(
        "processed_events",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("outcome IN ('applied', 'stale')", name="processed_events_outcome"),
    )
    op.create_index("processed_events_processed_at", "processed_events", ["processed_at"])
    op.create_table(
        "parked_events",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("user_id", sa.Uuid, comment="whose data it carries"),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("partition_key", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("traceparent", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "attempts", sa.Integer, nullable=False, comment="failed so far; 0 while it only waits behind another"
        ),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text),
    )
    op.create_index("parked_events_partition_key", "parked_events", ["partition_key", "id"])
    op.create_index("parked_events_next_attempt_at", "parked_events", ["next_attempt_at"])
    op.create_index("parked_events_user_id", "parked_events", ["user_id"])
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "fingerprint", sa.Text, nullable=False, unique=True, comment="the event's id, else the payload's digest"
        ),
        sa.Column("event_id", sa.Uuid),
        sa.Column("user_id", sa.Uuid, comment="whose data it carries, where that can be told"),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("subject", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("traceparent", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("died_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default=sa.text("'open'")),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "reason IN ('malformed', 'unknown-contract', 'rejected', 'exhausted', 'undelivered')",
            name="dead_letters_reason",
        ),
        sa.CheckConstraint("state IN ('open', 'replayed', 'discarded')", name="dead_letters_state"),
    )
    op.create_index("dead_letters_event_id", "dead_letters", ["event_id"])
    op.create_index("dead_letters_state", "dead_letters", ["state", "died_at"])
    op.create_index("dead_letters_user_id", "dead_letters", ["user_id"])


def downgrade() -> None:
    """Drops the four tables with all they hold."""
    for table in ("dead_letters", "parked_events", "processed_events", "outbox"):
        op.drop_table(table)
