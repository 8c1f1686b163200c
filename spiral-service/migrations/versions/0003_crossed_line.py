"""A correction keeps the line its alert was raised on, instead of telling it in words."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("correction", sa.Column("crossed", postgresql.JSONB(), nullable=True))
    op.drop_column("correction", "standard")


def downgrade() -> None:
    op.add_column("correction", sa.Column("standard", sa.Text(), nullable=True))
    op.drop_column("correction", "crossed")
