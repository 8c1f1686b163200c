"""Why goals and plans were withdrawn is kept.

Revision: 0034, after 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_TABLES = ("goal", "plan")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("withdrawn_reason", sa.String(), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "withdrawn_reason")
