"""Goals, standards, bindings, measured values, attainments, and the plumbing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("stream_seq", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column(
            "buried_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
        sa.UniqueConstraint(
            "consumer", "stream", "stream_seq", name=op.f("uq_dead_letter_consumer")
        ),
    )
    op.create_table(
        "fact",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("stream_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "published_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_fact")),
        sa.UniqueConstraint("id", name=op.f("uq_fact_id")),
    )
    op.create_index("ix_fact_stream_seq", "fact", ["stream", "stream_seq"], unique=False)
    op.create_table(
        "goal",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("indicator", sa.String(), nullable=True),
        sa.Column("baseline", sa.String(), nullable=True),
        sa.Column("target", postgresql.JSONB(), nullable=True),
        sa.Column("weight", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_goal")),
    )
    op.create_index("ix_goal_scope", "goal", ["scope"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("consumer", "event_id", name=op.f("pk_inbox")),
    )
    op.create_table(
        "measured_value",
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("coverage", sa.Numeric(), nullable=False),
        sa.Column("freshest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("formula_version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("indicator", "scope", "period", name=op.f("pk_measured_value")),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("partition_key", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
    )
    op.create_table(
        "relayed",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_relayed")),
    )
    op.create_table(
        "standard",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("indicator", sa.String(), nullable=True),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("tiers", postgresql.JSONB(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_standard")),
    )
    op.create_table(
        "binding",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("goal", sa.String(), nullable=True),
        sa.Column("standard", sa.String(), nullable=True),
        sa.Column("target", postgresql.JSONB(), nullable=True),
        sa.Column("tiers", postgresql.JSONB(), nullable=False),
        sa.Column("warning", postgresql.JSONB(), nullable=True),
        sa.Column("alert_from", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("target_in_force", postgresql.JSONB(), nullable=True),
        sa.Column("tiers_in_force", postgresql.JSONB(), nullable=False),
        sa.Column("standard_version", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["goal"], ["goal.key"], name=op.f("fk_binding_goal_goal")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_binding")),
    )
    op.create_index("ix_binding_cell", "binding", ["indicator", "scope", "period"], unique=False)
    op.create_index("ix_binding_goal", "binding", ["goal"], unique=False)
    op.create_index("ix_binding_scope", "binding", ["scope"], unique=False)
    op.create_index("ix_binding_standard", "binding", ["standard"], unique=False)
    op.create_table(
        "attainment",
        sa.Column("binding", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("warning", sa.Boolean(), nullable=False),
        sa.Column("thin", sa.Boolean(), nullable=False),
        sa.Column("attainment", sa.Numeric(), nullable=True),
        sa.Column("coverage", sa.Numeric(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("gap", sa.Numeric(), nullable=True),
        sa.Column("relative_gap", sa.Numeric(), nullable=True),
        sa.Column("standard_version", sa.Integer(), nullable=True),
        sa.Column("formula_version", sa.Integer(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["binding"], ["binding.key"], name=op.f("fk_attainment_binding_binding")
        ),
        sa.PrimaryKeyConstraint("binding", name=op.f("pk_attainment")),
    )
    op.create_index("ix_attainment_state", "attainment", ["state"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_attainment_state", table_name="attainment")
    op.drop_table("attainment")
    op.drop_index("ix_binding_standard", table_name="binding")
    op.drop_index("ix_binding_scope", table_name="binding")
    op.drop_index("ix_binding_goal", table_name="binding")
    op.drop_index("ix_binding_cell", table_name="binding")
    op.drop_table("binding")
    op.drop_table("standard")
    op.drop_table("relayed")
    op.drop_table("outbox")
    op.drop_table("measured_value")
    op.drop_table("inbox")
    op.drop_index("ix_goal_scope", table_name="goal")
    op.drop_table("goal")
    op.drop_index("ix_fact_stream_seq", table_name="fact")
    op.drop_table("fact")
    op.drop_table("dead_letter")
