"""a copy of the school calendar

Revision: 0005, after 0004
"""

from shared.calendar.migration import create_calendar, drop_calendar

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_calendar()


def downgrade() -> None:
    drop_calendar()
