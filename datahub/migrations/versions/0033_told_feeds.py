"""Whether the work list was told that rows of a feed wait to be mended."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "told_feed",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_told_feed")),
    )


def downgrade() -> None:
    op.drop_table("told_feed")
