"""The inbox knows an event by its source and id."""

import sqlalchemy as sa

from shared.kit.migrations import know_events_by_source

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SYSTEMS = (
    *("academic", "hr", "research", "student_affairs", "assets", "quality"),
    *("oulad", "helix8"),
)


def upgrade() -> None:
    know_events_by_source(
        {f"datahub-ingest-{system}": [f"urn:campus:{system}"] for system in SYSTEMS}, sa.String()
    )
