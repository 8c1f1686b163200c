"""Corrections have an owner, a cause, a measure, evidence, a value measured again, a verdict.

Revision: 0018, after 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

DOCUMENTS = ("plan", "evidence", "remeasured", "verdict")


def upgrade() -> None:
    for name in ("assigned_to", "cause", "stage"):
        op.add_column("correction", sa.Column(name, sa.Text()))
    for name in DOCUMENTS:
        op.add_column("correction", sa.Column(name, JSONB()))
    op.add_column("correction", sa.Column("joined", sa.Uuid()))
    op.add_column(
        "correction", sa.Column("family", sa.Text(), server_default="indicator", nullable=False)
    )
    op.add_column(
        "correction", sa.Column("reopened", sa.Integer(), server_default="0", nullable=False)
    )
    op.execute(
        "UPDATE correction SET stage = CASE WHEN state = 'closed' THEN 'closed'"
        " WHEN owner LIKE 'role/%' THEN 'opened' ELSE 'assigned' END"
    )
    op.alter_column("correction", "stage", nullable=False)
    op.create_index(
        "ix_correction_joined",
        "correction",
        ["joined"],
        postgresql_where=sa.text("joined IS NOT NULL"),
    )
    op.create_index(
        "ix_correction_planned",
        "correction",
        ["scope", "indicator"],
        postgresql_where=sa.text("plan IS NOT NULL AND state = 'open'"),
    )
    op.add_column("correction_history", sa.Column("by", sa.Text()))
    op.add_column("correction_history", sa.Column("said", JSONB()))


def downgrade() -> None:
    op.drop_column("correction_history", "said")
    op.drop_column("correction_history", "by")
    op.drop_index("ix_correction_planned", "correction")
    op.drop_index("ix_correction_joined", "correction")
    for name in ("assigned_to", "cause", "stage", *DOCUMENTS, "joined", "family", "reopened"):
        op.drop_column("correction", name)
