"""rows put aside: mended, given up, and where they came from

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("quarantined_row", sa.Column("came_from", sa.BigInteger(), nullable=True))
    op.add_column(
        "quarantined_row",
        sa.Column("edits", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
    )
    op.add_column("quarantined_row", sa.Column("discarded", postgresql.JSONB(), nullable=True))
    op.create_index(op.f("ix_quarantined_row_came_from"), "quarantined_row", ["came_from"])
    op.create_index(op.f("ix_quarantined_row_released_at"), "quarantined_row", ["released_at"])
