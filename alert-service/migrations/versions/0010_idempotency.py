"""What an Idempotency-Key was answered with; how a dead letter was mended."""

import sqlalchemy as sa
from alembic import op

from shared.kit.migrations import keep_answers, mend_dead_letters

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mend_dead_letters()
    keep_answers(sa.String())


def downgrade() -> None:
    op.drop_column("dead_letter", "discarded")
    op.drop_column("dead_letter", "edits")
    op.drop_table("idempotency")
