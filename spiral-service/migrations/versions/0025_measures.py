"""Improvement measures, and why later targets are lower."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "measure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("goal", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", instant, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("carried_to", sa.Text(), nullable=True),
        sa.Column("carried_at", instant, nullable=True),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.Column("verified_at", instant, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.key"], name=op.f("fk_measure_cycle_cycle")),
        sa.ForeignKeyConstraint(
            ["carried_to"], ["cycle.key"], name=op.f("fk_measure_carried_to_cycle")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
    )
    op.create_index("ix_measure_page", "measure", ["at", "id"])
    op.create_index("ix_measure_cycle", "measure", ["cycle"])
    op.create_index("ix_measure_scope", "measure", ["scope", "state"])
    op.create_index("ix_measure_carried_to", "measure", ["carried_to"])
    op.create_table(
        "lowered_target",
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle"], ["cycle.key"], name=op.f("fk_lowered_target_cycle_cycle")
        ),
        sa.PrimaryKeyConstraint("cycle", "goal", name=op.f("pk_lowered_target")),
    )


def downgrade() -> None:
    for table in ("lowered_target", "measure"):
        op.drop_table(table)
