"""data quality: rules, runs, results, how feeds write and deliver

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quality_rule",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("may_block", sa.Boolean(), nullable=False),
        sa.Column(
            "saved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_quality_rule")),
    )
    op.create_index(
        "uq_quality_rule_in_force",
        "quality_rule",
        ["id"],
        unique=True,
        postgresql_where=sa.text("in_force"),
    )
    op.create_index(
        "ix_quality_rule_blocking",
        "quality_rule",
        ["entity"],
        unique=False,
        postgresql_where=sa.text("in_force AND may_block"),
    )
    op.create_table(
        "quality_cursor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("full_run_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_cursor")),
    )
    op.create_table(
        "quality_due",
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("marks", sa.BigInteger(), nullable=False),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("entity", name=op.f("pk_quality_due")),
    )
    op.create_table(
        "quality_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("watermark", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_run")),
    )
    op.create_index("ix_quality_run_entity_id", "quality_run", ["entity", "id"], unique=False)
    op.create_table(
        "quality_result",
        sa.Column("run", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("fields", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("checked", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("observed", sa.Numeric(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("run", "rule", "feed", name=op.f("pk_quality_result")),
    )
    op.create_index("ix_quality_result_rule_run", "quality_result", ["rule", "run"], unique=False)
    op.create_table(
        "feed_profile",
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("drift", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("batch", name=op.f("pk_feed_profile")),
    )
    op.create_index("ix_feed_profile_feed_batch", "feed_profile", ["feed", "batch"], unique=False)
    op.create_table(
        "feed_watch",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("level", sa.String(), nullable=True),
        sa.Column("last_batch_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_feed_watch")),
    )
    op.create_index("ix_batch_feed_id", "batch", ["feed", "id"], unique=False)
    op.execute("INSERT INTO quality_cursor (id, last_seq) VALUES (1, 0)")
