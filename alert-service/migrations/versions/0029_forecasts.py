"""Where pace brings a value by the deadline, and which indicators are watched more closely."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("standing", sa.Column("forecast", sa.Numeric(), nullable=True))
    for name in ("name_zh", "name_en"):
        op.add_column("indicator", sa.Column(name, sa.String(), server_default="", nullable=False))
    op.add_column(
        "indicator", sa.Column("core", sa.Boolean(), server_default="false", nullable=False)
    )
    # What was told is taken once more: a replay brings names, and says which are core.
    op.execute("UPDATE indicator SET version = version - 1")


def downgrade() -> None:
    for name in ("core", "name_en", "name_zh"):
        op.drop_column("indicator", name)
    op.drop_column("standing", "forecast")
