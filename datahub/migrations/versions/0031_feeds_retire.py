"""A feed can be retired and re-opened; a batch tells of its blank lines."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("feed", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("feed", sa.Column("retired_by", sa.String(), nullable=True))
    op.add_column("feed", sa.Column("retired_why", sa.String(), nullable=True))
    _set_default_index("is_default AND retired_at IS NULL")
    op.add_column("batch", sa.Column("blank", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("batch", "blank")
    op.execute("UPDATE feed SET is_default = false WHERE retired_at IS NOT NULL")
    op.drop_index("uq_feed_default", "feed")
    op.drop_column("feed", "retired_why")
    op.drop_column("feed", "retired_by")
    op.drop_column("feed", "retired_at")
    _create_default_index("is_default")


def _set_default_index(where: str) -> None:
    op.drop_index("uq_feed_default", "feed")
    _create_default_index(where)


def _create_default_index(where: str) -> None:
    op.create_index(
        "uq_feed_default",
        "feed",
        ["source", "entity"],
        unique=True,
        postgresql_where=sa.text(where),
    )
