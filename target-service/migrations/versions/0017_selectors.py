"""Selectors: bindings of an indicator for all scopes of a kind, and of what they are chosen by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "selector",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("units", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("excluded", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("standard", sa.String(), nullable=True),
        sa.Column("target", postgresql.JSONB(), nullable=True),
        sa.Column("tiers", postgresql.JSONB(), nullable=False),
        sa.Column("warning", postgresql.JSONB(), nullable=True),
        sa.Column("alert_from", sa.String(), nullable=False),
        sa.Column("max_age_days", sa.Integer(), nullable=True),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_selector")),
    )
    op.create_index("ix_selector_standard", "selector", ["standard"])
    op.add_column("binding", sa.Column("selector", sa.String(), nullable=True))
    op.create_foreign_key(
        op.f("fk_binding_selector_selector"), "binding", "selector", ["selector"], ["key"]
    )
    op.create_index("ix_binding_selector", "binding", ["selector"])


def downgrade() -> None:
    op.drop_column("binding", "selector")
    op.drop_table("selector")
