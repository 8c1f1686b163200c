"""An alert names the line it was raised on, instead of telling it in words."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert", sa.Column("crossed", postgresql.JSONB(), nullable=True))
    op.add_column("alert_step", sa.Column("crossed", postgresql.JSONB(), nullable=True))
    # Of an open alert the state says which line it is; a settled one no longer knows.
    op.execute(
        "UPDATE alert SET crossed = jsonb_build_object('line', line, 'op', gave ->> 'op',"
        " 'value', gave ->> 'value', 'upper', gave ->> 'upper') FROM ("
        "  SELECT a.id, CASE a.standing WHEN 'below_floor' THEN 'floor'"
        "    WHEN 'below_standard' THEN 'standard' ELSE 'warning' END AS line,"
        "   CASE a.standing WHEN 'below_floor' THEN w.tiers -> 'floor'"
        "    WHEN 'below_standard' THEN w.tiers -> 'qualified' ELSE w.warning END AS gave"
        "  FROM alert a JOIN watch w ON w.key = a.binding WHERE a.state = 'open') known"
        " WHERE known.id = alert.id AND jsonb_typeof(gave) = 'object'"
    )
    op.drop_column("alert", "standard")


def downgrade() -> None:
    op.add_column("alert", sa.Column("standard", sa.String(), nullable=True))
    op.drop_column("alert_step", "crossed")
    op.drop_column("alert", "crossed")
