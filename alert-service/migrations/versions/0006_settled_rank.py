"""Settled alerts are sorted by the gravest colour they ever had."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE alert SET rank ="
        " array_position(ARRAY['blue', 'yellow', 'orange', 'red'], worst ->> 'severity')"
        " WHERE state = 'settled'"
    )


def downgrade() -> None:
    op.execute(
        "UPDATE alert SET rank ="
        " array_position(ARRAY['blue', 'yellow', 'orange', 'red'], severity::text)"
        " WHERE state = 'settled'"
    )
