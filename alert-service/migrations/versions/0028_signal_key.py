"""Signals are keyed by indicator and period first: one index serves who keeps and who reads them.

Revision: 0028, after 0027
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE signal DROP CONSTRAINT pk_signal")
    op.execute(
        "ALTER TABLE signal ADD CONSTRAINT pk_signal PRIMARY KEY (kind, name, period, scope, thing)"
    )
    op.execute("ALTER TABLE signal SET (fillfactor = 70)")  # A newer value stays in its page.
    op.drop_index("ix_signal_period", "signal")


def downgrade() -> None:
    op.execute("ALTER TABLE signal RESET (fillfactor)")
    op.create_index("ix_signal_period", "signal", ["name", "period", "kind"])
    op.execute("ALTER TABLE signal DROP CONSTRAINT pk_signal")
    op.execute(
        "ALTER TABLE signal ADD CONSTRAINT pk_signal PRIMARY KEY (kind, name, scope, period, thing)"
    )
