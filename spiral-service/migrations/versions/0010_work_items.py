"""The work list: human steps somewhere in the suite.

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SAID = ("kind", "title_zh", "title_en", "scope", "role", "permission", "not_by", "link", "state")


def upgrade() -> None:
    op.create_table(
        "work_item",
        sa.Column("step", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in SAID),
        *(sa.Column(name, sa.Text()) for name in ("period", "how", "closed_by")),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=False)
            for name in ("opened_at", "due_at")
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_work_item_page", "work_item", ["state", "due_at", "step"])


def downgrade() -> None:
    op.drop_table("work_item")
