"""What people and systems do is on record, sealed in blocks.

Revision: 0032, after 0031
"""

import sqlalchemy as sa
from alembic import op

from shared.kit.migrations import keep_audit

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    keep_audit(sa.Text())


def downgrade() -> None:
    op.execute("DROP FUNCTION audit_retire(timestamptz)")
    op.drop_table("audit_block")
    op.drop_table("audit_entry")
    op.execute("DROP FUNCTION audit_is_kept()")
