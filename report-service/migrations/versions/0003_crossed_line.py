"""Alerts and corrections come with the line that was crossed; a correction names its indicator."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert", sa.Column("value_before", sa.Text(), nullable=True))
    op.add_column("alert", sa.Column("crossed", postgresql.JSONB(), nullable=True))
    op.drop_column("alert", "standard")
    op.add_column("correction", sa.Column("indicator", sa.Text(), nullable=True))
    op.add_column("correction", sa.Column("crossed", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("correction", "crossed")
    op.drop_column("correction", "indicator")
    op.add_column("alert", sa.Column("standard", sa.Text(), nullable=True))
    op.drop_column("alert", "crossed")
    op.drop_column("alert", "value_before")
