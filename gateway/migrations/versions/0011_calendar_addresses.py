"""Addresses by which people's calendar programs read their deadlines."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_address",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column(
            "made_at", TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.PrimaryKeyConstraint("subject", name="pk_calendar_address"),
        sa.UniqueConstraint("token_hash", name="uq_calendar_address_token_hash"),
    )


def downgrade() -> None:
    op.drop_table("calendar_address")
