"""Alerts and corrections come with their gravest colour, acknowledgement and present value."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("alert", "correction"):
        op.add_column(table, sa.Column("worst", postgresql.JSONB(), nullable=True))
        op.add_column(table, sa.Column("acknowledged_by", sa.Text(), nullable=True))
        moment = sa.DateTime(timezone=True)
        op.add_column(table, sa.Column("acknowledged_at", moment, nullable=True))
    op.add_column("correction", sa.Column("value", sa.Text(), nullable=True))
    # An open correction still stands as it was opened: where its alert has eased since, that is
    # the gravest that is known of it; the rest is what the alert is now.
    op.execute(
        "UPDATE alert SET worst = jsonb_build_object('severity', opened.severity, 'value',"
        "  opened.value_before, 'crossed', opened.crossed, 'at', opened.opened_at)"
        " FROM correction opened WHERE opened.alert = alert.alert"
        " AND array_position(ARRAY['red', 'orange', 'yellow', 'blue'], opened.severity)"
        "  < array_position(ARRAY['red', 'orange', 'yellow', 'blue'], alert.severity)"
    )
    op.execute(
        "UPDATE correction SET severity = alert.severity, crossed = alert.crossed,"
        "  due_at = alert.due_at, value = alert.value, worst = alert.worst"
        " FROM alert WHERE alert.alert = correction.alert"
    )


def downgrade() -> None:
    op.drop_column("correction", "value")
    for table in ("alert", "correction"):
        op.drop_column(table, "acknowledged_at")
        op.drop_column(table, "acknowledged_by")
        op.drop_column(table, "worst")
