"""A goal has a parent, and says how it is divided and gathered.

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NEW = {"aggregation": "weighted_mean", "allocation": "same"}
"""Goals that are there are told as if they had been put without saying so."""


def upgrade() -> None:
    op.add_column("goal", sa.Column("parent", sa.String(), nullable=True))
    for name, default in _NEW.items():
        op.add_column("goal", sa.Column(name, sa.String(), server_default=default, nullable=False))
        op.alter_column("goal", name, server_default=None)
    op.create_foreign_key("fk_goal_parent_goal", "goal", "goal", ["parent"], ["key"])
    op.create_index("ix_goal_parent", "goal", ["parent", "key"])


def downgrade() -> None:
    op.drop_index("ix_goal_parent", "goal")
    for name in ("parent", *_NEW):
        op.drop_column("goal", name)
