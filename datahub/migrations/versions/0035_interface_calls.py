"""How often the interfaces of the hub were called."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interface_call",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_interface_call")),
    )


def downgrade() -> None:
    op.drop_table("interface_call")
