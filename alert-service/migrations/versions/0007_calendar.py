"""a copy of the school calendar

Revision: 0007, after 0006
"""

from shared.calendar.migration import create_calendar, drop_calendar

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_calendar()


def downgrade() -> None:
    drop_calendar()
