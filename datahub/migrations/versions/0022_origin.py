"""A definition says whether it was shipped or is the college's own."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    # Whatever was published until now, somebody of the college put.
    op.add_column(
        "indicator", sa.Column("origin", sa.String(), nullable=False, server_default="college")
    )
    op.alter_column("indicator", "origin", server_default=None)


def downgrade() -> None:
    op.drop_column("indicator", "origin")
