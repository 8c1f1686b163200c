"""Goals, standards and bindings that were withdrawn stay readable."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("goal", "standard", "binding"):
        op.add_column(table, sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "binding", sa.Column("judged_before", sa.BigInteger(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("binding", "judged_before")
    for table in ("binding", "standard", "goal"):
        op.drop_column(table, "withdrawn_at")
