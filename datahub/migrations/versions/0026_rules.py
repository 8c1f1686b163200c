"""A definition may be retired, and says from which shipped one it departs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    # Of what the college put until now nobody knows what was shipped then.
    op.add_column("indicator", sa.Column("departs_from", postgresql.JSONB(), nullable=True))
    op.add_column("indicator", sa.Column("retired_on", sa.Date(), nullable=True))
    op.add_column("indicator", sa.Column("retired_why", sa.String(), nullable=True))


def downgrade() -> None:
    for column in ("retired_why", "retired_on", "departs_from"):
        op.drop_column("indicator", column)
