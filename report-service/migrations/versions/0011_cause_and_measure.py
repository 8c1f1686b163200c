"""A correction has the cause and the measure that its owner stated.

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("cause", "measure"):
        op.add_column("correction", sa.Column(name, sa.Text()))


def downgrade() -> None:
    for name in ("cause", "measure"):
        op.drop_column("correction", name)
