"""The scoring rule in force of a binding: its own, or that of its criterion.

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
        "binding", sa.Column("scoring_in_force", sa.dialects.postgresql.JSONB(), nullable=True)
    )
    op.execute("UPDATE binding SET scoring_in_force = scoring")


def downgrade() -> None:
    op.drop_column("binding", "scoring_in_force")
