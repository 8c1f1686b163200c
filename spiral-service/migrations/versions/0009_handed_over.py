"""What was there before is handed over to the hub once; how far that went is kept.

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

from shared.kit.migrations import know_what_was_handed_over

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    know_what_was_handed_over(sa.Text())


def downgrade() -> None:
    op.drop_table("handed_over")
