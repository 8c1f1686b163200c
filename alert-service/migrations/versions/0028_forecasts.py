"""Where pace brings a value by the deadline: only that may miss the target."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("standing", sa.Column("forecast", sa.Numeric(), nullable=True))


def downgrade() -> None:
    op.drop_column("standing", "forecast")
