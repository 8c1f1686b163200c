"""What people say of measured values about themselves, and what was answered."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

PLACE = ("indicator", "scope", "period")


def upgrade() -> None:
    op.create_table(
        "value_statement",
        sa.Column("id", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in PLACE),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String()),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String()),
        sa.Column("answered_by", sa.String()),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_value_statement")),
    )
    op.create_index("ix_value_statement_scope", "value_statement", ["scope", "id"])
    op.create_index(
        "uq_value_statement_contested",
        "value_statement",
        list(PLACE),
        unique=True,
        postgresql_where=sa.text("state = 'contested'"),
    )


def downgrade() -> None:
    op.drop_table("value_statement")
