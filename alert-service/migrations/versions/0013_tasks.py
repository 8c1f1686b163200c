"""Tasks are watched too, which have no indicator.

Revision: 0013, after 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TABLES = ("watch", "alert")


def upgrade() -> None:
    for table in _TABLES:
        op.alter_column(table, "indicator", nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM alert_step USING alert a WHERE alert = a.id AND a.indicator IS NULL")
    op.execute(
        "DELETE FROM standing s USING watch w WHERE w.key = s.binding AND w.indicator IS NULL"
    )
    op.execute("DELETE FROM watch WHERE indicator IS NULL")
    op.execute("DELETE FROM alert WHERE indicator IS NULL")
    for table in _TABLES:
        op.alter_column(table, "indicator", nullable=False)
