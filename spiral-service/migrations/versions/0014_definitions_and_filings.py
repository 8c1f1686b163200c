"""Definitions of the college, and forms that were filled in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "definition",
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", JSONB(), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("published_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("definition", "version", name=op.f("pk_definition")),
    )
    op.create_table(
        "filing",
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.key"], name=op.f("fk_filing_cycle_cycle")),
        sa.PrimaryKeyConstraint("cycle", "form", "version", name=op.f("pk_filing")),
    )


def downgrade() -> None:
    op.drop_table("filing")
    op.drop_table("definition")
