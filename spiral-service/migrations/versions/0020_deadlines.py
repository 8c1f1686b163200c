"""Deadlines of cycles, with the timers that look at them.

Cycles from before get theirs when the service starts.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "timer",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_timer")),
    )
    op.create_index("ix_timer_due", "timer", ["kind", "due_at"])
    op.create_table(
        "deadline",
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("planned_at", instant, nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("overdue_since", instant, nullable=True),
        sa.Column("met_at", instant, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.key"], name=op.f("fk_deadline_cycle_cycle")),
        sa.PrimaryKeyConstraint("cycle", "clock", name=op.f("pk_deadline")),
    )
    op.create_table(
        "lit_step",
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("calendar", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.key"], name=op.f("fk_lit_step_cycle_cycle")),
        sa.PrimaryKeyConstraint("cycle", name=op.f("pk_lit_step")),
    )


def downgrade() -> None:
    op.drop_table("lit_step")
    op.drop_table("deadline")
    op.drop_table("timer")
