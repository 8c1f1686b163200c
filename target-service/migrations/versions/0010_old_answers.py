"""Answers to idempotency keys are dropped when they are old.

Revision: 0010, after 0009
"""

from alembic import op

from shared.kit.migrations import order_answers

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    order_answers()


def downgrade() -> None:
    op.drop_index("ix_idempotency_at", "idempotency")
