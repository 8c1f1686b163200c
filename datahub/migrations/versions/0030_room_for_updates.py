"""A page keeps room for new versions of its rows: an update that finds it writes no index."""

from alembic import op

revision = "0030"
down_revision = "0029"

TABLES = ("measurement", "indicator_sum")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 80)")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} RESET (fillfactor)")
