"""Different values are kept with how many records hold each, so that their number adds up.

Measures of different values were counted anew with each change; they are counted once more, whole.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

NAMES = ("measure", "key", "period", "value")


def upgrade() -> None:
    op.create_table(
        "indicator_value",
        *(sa.Column(name, sa.String(), nullable=False) for name in NAMES),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*NAMES, name="pk_indicator_value"),
    )


def downgrade() -> None:
    op.drop_table("indicator_value")
