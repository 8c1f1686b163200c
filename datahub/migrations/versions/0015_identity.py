"""stable ids, keys that change, and what each source system said

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NAMESPACE = "b6f1c1a09d2d5c3e8f4a7d1e52c09b47"
"""Of the ids of records, for ever."""


def upgrade() -> None:
    # UUID version 8 (RFC 9562): a name-based id out of SHA-256, without an extension; version and
    # variant take their whole digit, so that one call of the hash is enough.
    op.execute(
        "CREATE FUNCTION record_id(entity text, identity text) RETURNS uuid LANGUAGE sql"
        " IMMUTABLE STRICT PARALLEL SAFE RETURN overlay(overlay(encode(substr(sha256("
        f" '\\x{NAMESPACE}'::bytea || convert_to(entity || '/' || identity, 'UTF8')), 1, 16),"
        " 'hex') PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid"
    )
    op.add_column("change", sa.Column("previous_key", sa.String(), nullable=True))
    op.create_index(
        "ix_change_previous_key",
        "change",
        ["previous_key"],
        postgresql_where=sa.text("previous_key IS NOT NULL"),
    )
    op.create_table(
        "rekeyed",
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("old_key", sa.String(), nullable=False),
        sa.Column("new_key", sa.String(), nullable=False),
        sa.Column("is_direct", sa.Boolean(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("said_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("entity", "old_key", name=op.f("pk_rekeyed")),
    )
    op.create_index("ix_rekeyed_new_key", "rekeyed", ["entity", "new_key"])
    op.create_index(
        "ix_rekeyed_direct",
        "rekeyed",
        ["entity", "old_key"],
        postgresql_where=sa.text("is_direct"),
    )
    op.create_table(
        "claim",
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("said", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "key", "source", name=op.f("pk_claim")),
    )
    op.create_table(
        "survivorship",
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("saved_by", sa.String(), nullable=False),
        sa.Column(
            "saved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("decided_to", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("entity", "version", name=op.f("pk_survivorship")),
    )
