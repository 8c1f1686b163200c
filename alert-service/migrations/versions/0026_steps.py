"""Whom alerts wait for is told as human steps.

Revision: 0026, after 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0026"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "told_step",
        sa.Column("alert", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("owners", ARRAY(sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alert.id"], name=op.f("fk_told_step_alert_alert")),
        sa.PrimaryKeyConstraint("alert", name=op.f("pk_told_step")),
    )


def downgrade() -> None:
    op.drop_table("told_step")
