"""What people and systems do is on record, sealed in blocks; what followed from it is found.

Revision: 0031, after 0030
"""

import sqlalchemy as sa
from alembic import op

from shared.kit.migrations import keep_audit

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    keep_audit(sa.String())
    op.create_index("ix_batch_correlation", "batch", ["correlation"])
    op.create_index("ix_change_set_batch", "change_set", ["batch"])
    op.create_index(
        "ix_measurement_history_measured_at",
        "measurement_history",
        ["measured_at"],
        postgresql_using="brin",
    )


def downgrade() -> None:
    op.drop_index("ix_measurement_history_measured_at", "measurement_history")
    op.drop_index("ix_change_set_batch", "change_set")
    op.drop_index("ix_batch_correlation", "batch")
    op.execute("DROP FUNCTION audit_retire(timestamptz)")
    op.drop_table("audit_block")
    op.drop_table("audit_entry")
    op.execute("DROP FUNCTION audit_is_kept()")
