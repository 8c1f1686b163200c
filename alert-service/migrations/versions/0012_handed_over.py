"""What was there before is handed over to the hub once; how far that went is kept.

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

from shared.kit.migrations import know_what_was_handed_over

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    know_what_was_handed_over(sa.String())


def downgrade() -> None:
    op.drop_table("handed_over")
