"""Who holds roles beside his post is known, and whom the step of a cycle was told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "granted_role",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("lender", sa.Text(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_granted_role_scope", "granted_role", ["scope"])
    op.add_column("lit_step", sa.Column("holders", ARRAY(sa.Text()), nullable=True))


def downgrade() -> None:
    op.drop_column("lit_step", "holders")
    op.drop_index("ix_granted_role_scope", "granted_role")
    op.drop_table("granted_role")
    op.execute("DELETE FROM timer WHERE kind IN ('owners', 'grant')")
