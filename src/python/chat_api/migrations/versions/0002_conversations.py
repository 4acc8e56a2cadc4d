"""Conversations with the assistant."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("memory", JSONB, nullable=False, comment="what the next message may refer to"),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
    )
    op.create_index("conversations_user_id", "conversations", ["user_id"])
    op.create_table(
        "turns",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("conversation_id", sa.Uuid, sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False, comment="that of the conversation, for the uniqueness of keys"),
        sa.Column("key", sa.Text, comment="the request's idempotency key"),
        sa.Column("request_hash", sa.LargeBinary, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("memory", JSONB, nullable=False, comment="the conversation's, when the message came"),
        sa.Column("lease_until", _MOMENT, nullable=False, comment="whoever answers it must be done by then"),
        sa.Column("plan", JSONB, comment="the calls decided on, where there are several"),
        sa.Column("reply", sa.Text, comment="none while it is being answered"),
        sa.Column("actions", JSONB),
        sa.Column("answered_at", _MOMENT),
        sa.UniqueConstraint("user_id", "key", name="turns_key"),
    )
    op.create_index("turns_conversation_id", "turns", ["conversation_id", "id"])
    op.create_table(
        "tool_calls",
        sa.Column("turn_id", sa.Uuid, sa.ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", sa.Text, primary_key=True, comment="the same for the same call"),
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("tool", sa.Text, nullable=False),
        sa.Column("arguments", JSONB, nullable=False),
        sa.Column("result", JSONB, comment="written in the transaction that inserts the row"),
    )


def downgrade() -> None:
    for table in ("tool_calls", "turns", "conversations"):
        op.drop_table(table)
