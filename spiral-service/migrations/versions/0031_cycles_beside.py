"""Cycles of rules run beside the one of their scope and period."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    op.add_column("cycle", sa.Column("track", sa.Text(), nullable=False, server_default=""))
    op.drop_index("uq_cycle_open", "cycle")
    op.create_index(
        "uq_cycle_open", "cycle", ["scope", "period", "track"], unique=True, postgresql_where=OPEN
    )


def downgrade() -> None:
    op.drop_index("uq_cycle_open", "cycle")
    op.create_index(
        "uq_cycle_open", "cycle", ["scope", "period"], unique=True, postgresql_where=OPEN
    )
    op.drop_column("cycle", "track")
