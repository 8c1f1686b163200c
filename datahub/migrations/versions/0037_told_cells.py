"""Whether the work list was told that a value is to be handed in for a cell, and to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "told_cell",
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("owners", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("indicator", "scope", "period", name=op.f("pk_told_cell")),
    )


def downgrade() -> None:
    op.drop_table("told_cell")
