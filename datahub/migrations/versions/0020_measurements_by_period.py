"""Measured values of one indicator and period are found by an index: rankings, distributions."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_index(
        "ix_measurement_indicator_period", "measurement", ["indicator", "period", "scope"]
    )


def downgrade() -> None:
    op.drop_index("ix_measurement_indicator_period", "measurement")
