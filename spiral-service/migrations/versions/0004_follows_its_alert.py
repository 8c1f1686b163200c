"""A correction keeps the gravest colour of its alert, and who acknowledged it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("correction", sa.Column("worst", postgresql.JSONB(), nullable=True))
    op.add_column("correction", sa.Column("acknowledged_by", sa.Text(), nullable=True))
    moment = sa.DateTime(timezone=True)
    op.add_column("correction", sa.Column("acknowledged_at", moment, nullable=True))
    # The history knows colour, value and instant; the line only where the colour is the present.
    op.execute(
        "UPDATE correction SET worst = (SELECT jsonb_build_object("
        "  'severity', heard.severity, 'value', heard.value, 'at', heard.at, 'crossed',"
        "  CASE WHEN heard.severity = correction.severity THEN correction.crossed END)"
        " FROM correction_history heard WHERE heard.correction = correction.id ORDER BY"
        "  array_position(ARRAY['red', 'orange', 'yellow', 'blue'], heard.severity),"
        "  heard.version LIMIT 1)"
    )


def downgrade() -> None:
    op.drop_column("correction", "acknowledged_at")
    op.drop_column("correction", "acknowledged_by")
    op.drop_column("correction", "worst")
