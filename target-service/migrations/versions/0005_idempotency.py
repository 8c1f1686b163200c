"""What an Idempotency-Key was answered with."""

import sqlalchemy as sa
from alembic import op

from shared.kit.migrations import keep_answers

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    keep_answers(sa.String())


def downgrade() -> None:
    op.drop_table("idempotency")
