"""Diagnoses, and what each source contributes to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "diagnosis",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("drafted_at", instant, nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("signed_at", instant, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("facts", JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.key"], name=op.f("fk_diagnosis_cycle_cycle")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagnosis")),
        sa.UniqueConstraint("cycle", "goal", name=op.f("uq_diagnosis_cycle")),
    )
    op.create_table(
        "diagnosis_contribution",
        sa.Column("diagnosis", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=False),
        sa.Column("rating", sa.Numeric(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["diagnosis"],
            ["diagnosis.id"],
            name=op.f("fk_diagnosis_contribution_diagnosis_diagnosis"),
        ),
        sa.PrimaryKeyConstraint(
            "diagnosis", "source", "speaker", name=op.f("pk_diagnosis_contribution")
        ),
    )


def downgrade() -> None:
    for table in ("diagnosis_contribution", "diagnosis"):
        op.drop_table(table)
