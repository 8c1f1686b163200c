"""Standards are documents: sections, criteria, a draft that another person approves."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def new_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("kind", sa.String(), nullable=False, server_default="line"),
        sa.Column("state", sa.String(), nullable=False, server_default="approved"),
        sa.Column("scope", sa.String(), nullable=True),
        sa.Column("applies_to", postgresql.JSONB(), nullable=True),
        sa.Column("sections", postgresql.JSONB(), nullable=False, server_default="[]"),
        sa.Column("criteria", postgresql.JSONB(), nullable=False, server_default="[]"),
        sa.Column("plan", postgresql.JSONB(), nullable=True),
        sa.Column("author", sa.String(), nullable=False, server_default=""),
        sa.Column("approver", sa.String(), nullable=True),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
    ]


def upgrade() -> None:
    for column in new_columns():
        op.add_column("standard", column)
    op.execute("UPDATE standard SET author = approved_by")
    op.alter_column("standard", "approved_by", nullable=True)
    op.alter_column("standard", "approved_at", nullable=True)
    op.add_column("binding", sa.Column("warning_in_force", postgresql.JSONB(), nullable=True))
    op.execute("UPDATE binding SET warning_in_force = warning")
    op.add_column("binding", sa.Column("object_class", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("binding", "object_class")
    op.drop_column("binding", "warning_in_force")
    op.execute("DELETE FROM standard WHERE state <> 'approved'")
    op.alter_column("standard", "approved_by", nullable=False)
    op.alter_column("standard", "approved_at", nullable=False)
    for column in new_columns():
        op.drop_column("standard", column.name)
