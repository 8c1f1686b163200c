"""An acknowledgement belongs to a colour: those from before to the one of their step.

Open alerts that have grown graver since are asked for anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_RANKS = "ARRAY['blue', 'yellow', 'orange', 'red']"


def upgrade() -> None:
    op.add_column("alert", sa.Column("acknowledged_severity", sa.String(), nullable=True))
    op.execute(
        "UPDATE alert SET acknowledged_severity = coalesce((SELECT s.severity FROM alert_step s"
        " WHERE s.alert = alert.id AND s.step = 'acknowledged' ORDER BY s.id DESC LIMIT 1),"
        " severity) WHERE acknowledged_at IS NOT NULL"
    )
    op.execute(
        "UPDATE alert SET acknowledged_at = NULL, acknowledged_by = NULL, note = NULL,"  # noqa: S608 — a constant
        " acknowledged_severity = NULL WHERE state = 'open' AND"
        f" array_position({_RANKS}, severity) > array_position({_RANKS}, acknowledged_severity)"
    )


def downgrade() -> None:
    op.drop_column("alert", "acknowledged_severity")
