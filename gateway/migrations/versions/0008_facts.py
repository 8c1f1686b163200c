"""Facts are kept; the audit is searched by request, and let go; erasures and their proofs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.kit.migrations import let_audit_retire

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "fact",
        sa.Column("seq", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("stream_seq", sa.BigInteger, nullable=False),
        sa.Column("published_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("seq", name="pk_fact"),
        sa.UniqueConstraint("id", name="uq_fact_id"),
    )
    op.create_index("ix_fact_stream_seq", "fact", ["stream", "stream_seq"])
    let_audit_retire()
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ordered_by", sa.Text, nullable=False),
        sa.Column("ordered_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="pk_erasure"),
    )
    op.create_table(
        "erasure_answer",
        sa.Column("erasure", sa.Uuid, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("tables", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("erasure", "service", name="pk_erasure_answer"),
        sa.ForeignKeyConstraint(
            ["erasure"], ["erasure.id"], name="fk_erasure_answer_erasure_erasure"
        ),
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION audit_retire(timestamptz)")
    op.drop_index("ix_audit_entry_request", "audit_entry")
    op.drop_column("audit_block", "retired_at")
    op.drop_table("erasure_answer")
    op.drop_table("erasure")
    op.drop_table("fact")
