"""An audit of measured values keeps the hash of what was kept, and of what was counted.

Revision: 0036, after 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

HASHES = ("kept_hash", "counted_hash")


def upgrade() -> None:
    for name in HASHES:
        op.add_column("measure_audit", sa.Column(name, sa.String(), nullable=True))


def downgrade() -> None:
    for name in HASHES:
        op.drop_column("measure_audit", name)
