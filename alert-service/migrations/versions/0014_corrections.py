"""What the correction of an alert does to it: work has begun, or had no effect.

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "alert", sa.Column("in_hand", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "alert", sa.Column("reopened", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("alert", "reopened")
    op.drop_column("alert", "in_hand")
