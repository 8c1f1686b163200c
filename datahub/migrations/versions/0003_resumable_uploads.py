"""An idempotency key also stands for an upload that is under way."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("idempotency", sa.Column("observed", sa.BigInteger(), nullable=True))
    op.add_column(
        "idempotency",
        sa.Column("is_finished", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.alter_column("idempotency", "is_finished", server_default=None)
