"""Goals with what belongs to them, plans, and what both said before.

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TEXTS = {"kind": "plan", "aim": "", "state": "draft", "changed_by": ""}
_LISTS = ("co_owners", "basis", "dimensions", "trajectory", "history", "waivers")
_OPTIONAL = ("system", "plan", "budget")


def upgrade() -> None:
    _grow_goals()
    op.add_column(
        "indicator", sa.Column("direction", sa.String(), server_default="", nullable=False)
    )
    op.create_table(
        "goal_comment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("goal", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["goal"], ["goal.key"], name="fk_goal_comment_goal_goal"),
        sa.PrimaryKeyConstraint("id", name="pk_goal_comment"),
    )
    op.create_index("ix_goal_comment_goal", "goal_comment", ["goal", "id"])
    op.create_table(
        "kept_version",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", JSONB(), nullable=False),
        sa.Column("attainments", JSONB(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", "version", name="pk_kept_version"),
    )
    _create_plans()


def downgrade() -> None:
    for table in ("plan", "kept_version", "goal_comment"):
        op.drop_table(table)
    op.drop_column("indicator", "direction")
    op.drop_index("ix_goal_plan", "goal")
    for name in (*_TEXTS, *_LISTS, *_OPTIONAL):
        op.drop_column("goal", name)


def _grow_goals() -> None:
    """Add columns; goals that are there are told as if they had been put without saying so."""
    for name, default in _TEXTS.items():
        op.add_column("goal", sa.Column(name, sa.String(), server_default=default, nullable=False))
        op.alter_column("goal", name, server_default=None)
    for name in _LISTS:
        op.add_column("goal", sa.Column(name, JSONB(), server_default="[]", nullable=False))
        op.alter_column("goal", name, server_default=None)
    for name in _OPTIONAL:
        op.add_column("goal", sa.Column(name, sa.String(), nullable=True))
    op.create_index("ix_goal_plan", "goal", ["plan", "key"])


def _create_plans() -> None:
    texts = ("key", "kind", "title", "period", "scope", "owner", "approver", "state")
    op.create_table(
        "plan",
        *(sa.Column(name, sa.String(), nullable=False) for name in texts),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("changed_by", "submitted_by", "approved_by")
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        *(
            sa.Column(name, JSONB(), nullable=False)
            for name in ("tracks", "swot", "benchmarks", "basis")
        ),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["parent"], ["plan.key"], name="fk_plan_parent_plan"),
        sa.PrimaryKeyConstraint("key", name="pk_plan"),
    )
    op.create_index("ix_plan_parent", "plan", ["parent", "key"])
    op.create_index("ix_plan_scope", "plan", ["scope"])
