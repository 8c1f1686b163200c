"""Cycles of rules run beside the one of their scope and period."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TRACK = sa.text("(CASE WHEN beside THEN definition ELSE '' END)")
OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    op.add_column(
        "cycle", sa.Column("beside", sa.Boolean(), nullable=False, server_default="false")
    )
    op.drop_index("uq_cycle_open", "cycle")
    op.create_index(
        "uq_cycle_open", "cycle", ["scope", "period", TRACK], unique=True, postgresql_where=OPEN
    )


def downgrade() -> None:
    op.drop_index("uq_cycle_open", "cycle")
    op.create_index(
        "uq_cycle_open", "cycle", ["scope", "period"], unique=True, postgresql_where=OPEN
    )
    op.drop_column("cycle", "beside")
