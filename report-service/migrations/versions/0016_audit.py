"""What people and systems do is on record, sealed in blocks.

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op

from shared.kit.migrations import keep_audit

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    keep_audit(sa.Text())


def downgrade() -> None:
    op.execute("DROP FUNCTION audit_retire(timestamptz)")
    op.drop_table("audit_block")
    op.drop_table("audit_entry")
    op.execute("DROP FUNCTION audit_is_kept()")
