"""Until when the work list says that the owner of a task reports on it.

Revision: 0046, after 0037
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task", sa.Column("work_due", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "task", sa.Column("work_number", sa.Integer(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("task", "work_number")
    op.drop_column("task", "work_due")
