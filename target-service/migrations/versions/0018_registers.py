"""Registers: basis documents, bodies, risks, processes, values, readiness, classes of object."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "register_entry",
        sa.Column("register", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("newest", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("register", "key", "version", name=op.f("pk_register_entry")),
    )
    op.create_index(
        "uq_register_entry_newest",
        "register_entry",
        ["register", "key"],
        unique=True,
        postgresql_where=sa.text("newest"),
    )


def downgrade() -> None:
    op.drop_table("register_entry")
