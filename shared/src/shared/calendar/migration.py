"""The calendar's table, for the migrations of those who keep one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB


def create_calendar() -> None:
    """Create the table, in a migration."""
    op.create_table(
        "calendar",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("doc", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar")),
    )


def drop_calendar() -> None:
    """Drop the table."""
    op.drop_table("calendar")
