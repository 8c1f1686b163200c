"""a parked row waits for several records

Revision: 0012, after 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE quarantined_row ALTER waits_for TYPE text[]"
        " USING CASE WHEN waits_for IS NOT NULL THEN ARRAY[waits_for] END"
    )
