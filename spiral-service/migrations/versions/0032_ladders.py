"""Who was called by a ladder sees the step among his own; corrections have ladders, too."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "work_call",
        sa.Column("step", sa.Text(), primary_key=True),
        sa.Column("person", sa.Text(), primary_key=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_work_call_person", "work_call", ["person"])
    op.add_column("told_step", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("told_step", sa.Column("told", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE told_step t SET due_at = w.due_at FROM work_item w WHERE t.is_open"
        " AND w.step = 'spiral/correction/' || t.subject || '/' || t.number"
    )
    op.execute(
        "INSERT INTO timer (kind, key, due_at) SELECT 'correction-step', subject, now()"
        " FROM told_step WHERE is_open AND due_at IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("DELETE FROM timer WHERE kind = 'correction-step'")
    op.drop_column("told_step", "told")
    op.drop_column("told_step", "due_at")
    op.drop_index("ix_work_call_person", "work_call")
    op.drop_table("work_call")
