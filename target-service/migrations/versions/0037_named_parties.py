"""Who takes part in a task by name alone, since the hub knows no such unit.

Revision: 0037, after 0036
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task", sa.Column("named", JSONB(), server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("task", "named")
