"""Figures that change move no index entry: only what a goal ranks its parts by is indexed.

Revision: 0036, after 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_RANKED = {
    "goal_attainment": ("ix_goal_attainment_least", "attained"),
    "attainment": ("ix_attainment_ranked", "counted"),
}
_ROOMY = ("attainment", "measured_value")


def upgrade() -> None:
    for table in _ROOMY:
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 60)")
    for table, (index, figure) in _RANKED.items():
        shown = f"CASE WHEN ranked_in IS NOT NULL THEN {figure} END"
        op.drop_index(index, table)
        op.add_column(table, sa.Column("ranked", sa.Integer(), sa.Computed(shown, persisted=True)))
        _index(table, index, "ranked")
    op.drop_index("ix_attainment_state", "attainment")


def downgrade() -> None:
    op.create_index("ix_attainment_state", "attainment", ["state"])
    for table, (index, figure) in _RANKED.items():
        op.drop_index(index, table)
        op.drop_column(table, "ranked")
        _index(table, index, figure)
    for table in _ROOMY:
        op.execute(f"ALTER TABLE {table} RESET (fillfactor)")


def _index(table: str, name: str, figure: str) -> None:
    where = sa.text("ranked_in IS NOT NULL")
    op.create_index(name, table, ["ranked_in", figure], postgresql_where=where)
