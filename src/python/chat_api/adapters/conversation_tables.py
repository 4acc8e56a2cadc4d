"""The tables of conversations."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from chat_api.adapters.tables import metadata

_MOMENT = DateTime(timezone=True)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("memory", JSONB, nullable=False, comment="what the next message may refer to"),
    Column("created_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", Uuid, nullable=False, comment="that of the conversation, for the uniqueness of keys"),
    Column("key", Text, comment="the request's idempotency key"),
    Column("request_hash", LargeBinary, nullable=False),
    Column("message", Text, nullable=False),
    Column("asked_at", _MOMENT, nullable=False),
    Column("memory", JSONB, nullable=False, comment="the conversation's, when the message came"),
    Column("lease_until", _MOMENT, nullable=False, comment="whoever answers it must be done by then"),
    Column("plan", JSONB(none_as_null=True), comment="the calls decided on, where there are several"),
    Column("reply", Text, comment="none while it is being answered"),
    Column("actions", JSONB(none_as_null=True)),
    Column("answered_at", _MOMENT),
    UniqueConstraint("user_id", "key"),
)

tool_calls = Table(
    "tool_calls",
    metadata,
    Column("turn_id", ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True, comment="the same for the same call"),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    Column("tool", Text, nullable=False),
    Column("arguments", JSONB, nullable=False),
    Column("result", JSONB(none_as_null=True), comment="written in the transaction that inserts the row"),
)
