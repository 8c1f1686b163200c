"""The inbox knows an event by its source and id."""

import sqlalchemy as sa

from shared.kit.migrations import know_events_by_source

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    know_events_by_source(
        {"alert-attainment": ["urn:helix8:target"], "alert-scopes": ["urn:helix8:datahub"]},
        sa.String(),
    )
