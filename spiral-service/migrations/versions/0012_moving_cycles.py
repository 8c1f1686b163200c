"""Cycles move: windows, parents, owners, both loops, and what was done with each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.add_column("cycle", sa.Column("entered_at", instant, nullable=True))
    op.execute("UPDATE cycle SET entered_at = opened_at")
    op.alter_column("cycle", "entered_at", nullable=False)
    op.add_column("cycle", sa.Column("closed_at", instant, nullable=True))
    op.add_column(
        "cycle", sa.Column("in_routine", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("cycle", sa.Column("parent", sa.Text(), nullable=True))
    op.add_column("cycle", sa.Column("starts_on", sa.Date(), nullable=True))
    op.add_column("cycle", sa.Column("ends_on", sa.Date(), nullable=True))
    op.add_column("cycle", sa.Column("owners", JSONB(), server_default="{}", nullable=False))
    op.create_foreign_key(op.f("fk_cycle_parent_cycle"), "cycle", "cycle", ["parent"], ["key"])
    op.create_index("ix_cycle_scope", "cycle", ["scope", "state"])
    op.create_index("ix_cycle_parent", "cycle", ["parent"])
    op.create_table(
        "cycle_entry",
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("document", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.key"], name=op.f("fk_cycle_entry_cycle_cycle")),
        sa.PrimaryKeyConstraint("cycle", "version", name=op.f("pk_cycle_entry")),
    )
    # Of those that were opened before, what was published then.
    op.execute(
        "INSERT INTO cycle_entry (cycle, version, what, by, at, document)"
        " SELECT key, version, 'opened', '', opened_at, jsonb_build_object('cycle', key,"
        " 'version', version, 'scope', scope, 'period', period,"
        " 'definition', definition || '@' || definition_version, 'step', step, 'at', opened_at)"
        " FROM cycle"
    )


def downgrade() -> None:
    op.drop_table("cycle_entry")
    op.drop_index("ix_cycle_parent", "cycle")
    op.drop_index("ix_cycle_scope", "cycle")
    op.drop_constraint(op.f("fk_cycle_parent_cycle"), "cycle")
    for name in ("owners", "ends_on", "starts_on", "parent", "in_routine", "closed_at"):
        op.drop_column("cycle", name)
    op.drop_column("cycle", "entered_at")
