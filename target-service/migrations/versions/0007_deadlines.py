"""Deadlines and ages: timers that bring bindings back, and what they find.

Every judgement from before is due at once: none knew of a deadline, an age or an exact quotient.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "timer",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_timer")),
    )
    op.create_index("ix_timer_due", "timer", ["kind", "due_at"])
    for flag in ("overdue", "stale"):
        op.add_column(
            "attainment", sa.Column(flag, sa.Boolean(), server_default="false", nullable=False)
        )
    op.add_column("binding", sa.Column("max_age_days", sa.Integer(), nullable=True))
    op.execute(
        "INSERT INTO timer (kind, key, due_at) SELECT 'judgement', binding, now() FROM attainment"
    )


def downgrade() -> None:
    op.drop_column("binding", "max_age_days")
    for flag in ("stale", "overdue"):
        op.drop_column("attainment", flag)
    op.drop_table("timer")
