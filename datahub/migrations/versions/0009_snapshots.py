"""full snapshots

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "batch", sa.Column("vanished", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.create_table(
        "snapshot",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("change_set", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_snapshot")),
    )
    op.create_table(
        "snapshot_part",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "part", name=op.f("pk_snapshot_part")),
    )
    op.create_table(
        "snapshot_chunk",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("snapshot", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("records", sa.LargeBinary(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("feed", "snapshot", "number", name=op.f("pk_snapshot_chunk")),
    )
    # Hashes do not get smaller by compression.
    op.execute("ALTER TABLE snapshot_part ALTER COLUMN lines SET STORAGE EXTERNAL")
