"""Judgements of an indicator at a scope are found whatever their period: one looks at the others.

Revision: 0021, after 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "standing", sa.Column("about", sa.String(), server_default=sa.text("''"), nullable=False)
    )
    op.execute("UPDATE standing SET about = regexp_replace(cell, '@[^@]*$', '')")
    op.alter_column("standing", "about", server_default=None)
    op.create_index("ix_standing_about", "standing", ["about"])


def downgrade() -> None:
    op.drop_index("ix_standing_about", "standing")
    op.drop_column("standing", "about")
