"""A cycle tells what its definition and its step are called.

Revision: 0017, after 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("definition_zh", "step_zh"):
        op.add_column("cycle", sa.Column(name, sa.Text()))
    # What stood before is kept as whole rows, and a rebuild must find the same.
    op.execute(
        """UPDATE past SET body = '{"definition_zh": null, "step_zh": null}' || body"""
        " WHERE kind = 'cycle'"
    )


def downgrade() -> None:
    op.execute("UPDATE past SET body = body - 'definition_zh' - 'step_zh' WHERE kind = 'cycle'")
    for name in ("step_zh", "definition_zh"):
        op.drop_column("cycle", name)
