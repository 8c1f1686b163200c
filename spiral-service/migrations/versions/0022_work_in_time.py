"""The work list knows what is overdue, of which service a step is, and whom it told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    service = sa.Computed("split_part(step, '/', 1)", persisted=True)
    op.add_column("work_item", sa.Column("service", sa.Text(), service, nullable=False))
    op.add_column(
        "work_item", sa.Column("persons", ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    op.add_column(
        "work_item", sa.Column("overdue_since", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index("ix_work_item_owners", "work_item", ["owners"], postgresql_using="gin")
    op.create_index("ix_work_item_permission", "work_item", ["permission"])
    op.execute(
        "INSERT INTO timer (kind, key, due_at)"
        " SELECT 'work', step, due_at FROM work_item WHERE state = 'open'"
    )


def downgrade() -> None:
    op.execute("DELETE FROM timer WHERE kind = 'work'")
    op.drop_index("ix_work_item_permission", "work_item")
    op.drop_index("ix_work_item_owners", "work_item")
    for name in ("overdue_since", "persons", "service"):
        op.drop_column("work_item", name)
