"""Indicators are reckoned from others: over the scopes beneath; one that cannot be is put aside."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("indicator", sa.Column("parked", JSONB()))
    op.create_table(
        "indicator_parent",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "parent", name="pk_indicator_parent"),
    )
    op.create_index("ix_indicator_parent_parent", "indicator_parent", ["parent", "kind"])


def downgrade() -> None:
    op.drop_table("indicator_parent")
    op.drop_column("indicator", "parked")
