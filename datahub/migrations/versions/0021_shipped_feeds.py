"""Feeds that are shipped with the hub are told from those that were saved here."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("feed", sa.Column("origin", sa.String(), server_default="saved", nullable=False))


def downgrade() -> None:
    op.drop_column("feed", "origin")
