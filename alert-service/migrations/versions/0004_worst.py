"""An alert keeps the gravest colour it ever had, with the value, line and instant of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert", sa.Column("worst", postgresql.JSONB(), nullable=True))
    # The steps know it; one from before lines were kept has that of its alert, if of one colour.
    op.execute(
        "UPDATE alert SET worst = coalesce("
        " (SELECT jsonb_build_object('severity', step.severity, 'value', step.value::text,"
        "    'crossed', coalesce(step.crossed,"
        "      CASE WHEN step.severity = alert.severity THEN alert.crossed END), 'at', step.at)"
        "  FROM alert_step step WHERE step.alert = alert.id ORDER BY"
        "   array_position(ARRAY['red', 'orange', 'yellow', 'blue'], step.severity::text), step.id"
        "  LIMIT 1),"
        " jsonb_build_object('severity', severity, 'value', value::text, 'crossed', crossed,"
        "  'at', raised_at))"
    )
    op.alter_column("alert", "worst", nullable=False)


def downgrade() -> None:
    op.drop_column("alert", "worst")
