"""The tables that every service keeps for its events, each in its own schema."""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)


@dataclass(frozen=True)
class MessagingTables:
    """The four tables. None names a schema: the role's ``search_path`` does."""

    outbox: Table
    processed_events: Table
    parked_events: Table
    dead_letters: Table


def messaging_tables(metadata: MetaData) -> MessagingTables:
    """Adds the four tables to a service's `metadata`; `events.migrations.messaging_v1` creates them."""
    return MessagingTables(
        outbox=_outbox(metadata),
        processed_events=_processed_events(metadata),
        parked_events=_parked_events(metadata),
        dead_letters=_dead_letters(metadata),
    )


def _outbox(metadata: MetaData) -> Table:
    return Table(
        "outbox",
        metadata,
        # Taken while the aggregate's row is locked, so within a partition key it is the order of the changes.
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("event_id", Uuid),
        Column("user_id", Uuid, comment="whose data it carries, where that is known"),
        Column("topic", Text, nullable=False),
        Column("partition_key", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("payload", Text, nullable=False, comment="what is published, to the letter"),
        Column("raw", Boolean, nullable=False, comment="published as it is, not as a CloudEvent"),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("published_at", DateTime(timezone=True)),
        Column("set_aside_at", DateTime(timezone=True), comment="it alone cannot be published"),
        Column("attempts", Integer, nullable=False, server_default=text("0")),
        Column("next_attempt_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("error", Text),
        Index(
            "outbox_pending",
            "topic",
            "id",
            postgresql_where=text("published_at IS NULL AND set_aside_at IS NULL"),
        ),
        Index(
            "outbox_held",
            "topic",
            "partition_key",
            postgresql_where=text("published_at IS NULL AND set_aside_at IS NULL AND attempts > 0"),
        ),
        Index("outbox_set_aside", "topic", postgresql_where=text("set_aside_at IS NOT NULL")),
        Index("outbox_published_at", "published_at", postgresql_where=text("published_at IS NOT NULL")),
        Index("outbox_user_id", "user_id", postgresql_where=text("published_at IS NOT NULL")),
    )


def _processed_events(metadata: MetaData) -> Table:
    return Table(
        "processed_events",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("type", Text, nullable=False),
        Column("outcome", Text, nullable=False),
        Column("processed_at", DateTime(timezone=True), nullable=False),
        CheckConstraint("outcome IN ('applied', 'stale')", name="processed_events_outcome"),
        Index("processed_events_processed_at", "processed_at"),
    )


def _parked_events(metadata: MetaData) -> Table:
    return Table(
        "parked_events",
        metadata,
        # The order of arrival, and so within a partition key the order in which they are tried again.
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("event_id", Uuid, nullable=False, unique=True),
        Column("user_id", Uuid, comment="whose data it carries"),
        Column("topic", Text, nullable=False),
        Column("partition_key", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("payload", Text, nullable=False),
        Column("traceparent", Text, nullable=False),
        Column("received_at", DateTime(timezone=True), nullable=False),
        Column("attempts", Integer, nullable=False, comment="failed so far; 0 while it only waits behind another"),
        Column("next_attempt_at", DateTime(timezone=True), nullable=False),
        Column("last_error", Text),
        Index("parked_events_partition_key", "partition_key", "id"),
        Index("parked_events_next_attempt_at", "next_attempt_at"),
        Index("parked_events_user_id", "user_id"),
    )


def _dead_letters(metadata: MetaData) -> Table:
    return Table(
        "dead_letters",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("fingerprint", Text, nullable=False, unique=True, comment="the event's id, else the payload's digest"),
        Column("event_id", Uuid),
        Column("user_id", Uuid, comment="whose data it carries, where that can be told"),
        Column("topic", Text, nullable=False),
        Column("type", Text, nullable=False, server_default=text("''")),
        Column("subject", Text, nullable=False, server_default=text("''")),
        Column("traceparent", Text, nullable=False, server_default=text("''")),
        Column("payload", LargeBinary, nullable=False),
        Column("reason", Text, nullable=False),
        Column("error", Text, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("received_at", DateTime(timezone=True), nullable=False),
        Column("died_at", DateTime(timezone=True), nullable=False),
        Column("state", Text, nullable=False, server_default=text("'open'")),
        Column("resolved_at", DateTime(timezone=True)),
        CheckConstraint(
            "reason IN ('malformed', 'unknown-contract', 'rejected', 'exhausted', 'undelivered')",
            name="dead_letters_reason",
        ),
        CheckConstraint("state IN ('open', 'replayed', 'discarded')", name="dead_letters_state"),
        Index("dead_letters_event_id", "event_id"),
        Index("dead_letters_state", "state", "died_at"),
        Index("dead_letters_user_id", "user_id"),
    )
