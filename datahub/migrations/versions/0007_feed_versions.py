"""feed versions and warnings

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feed_version",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column(
            "saved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("feed", "version", name=op.f("pk_feed_version")),
    )
    # Of the versions before only the present one is known.
    op.execute(
        "INSERT INTO feed_version (feed, version, document, saved_at)"
        " SELECT id, version, document, saved_at FROM feed"
    )
    op.add_column("batch", sa.Column("warned", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("batch", sa.Column("warnings", postgresql.JSONB(), nullable=True))
