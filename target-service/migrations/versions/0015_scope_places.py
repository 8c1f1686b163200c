"""Scopes have parents, owners and tags: who decides on them, and which lines hold for them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("parents", "tags"):
        op.add_column(
            "scope",
            sa.Column(name, postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"),
        )
    op.add_column(
        "scope", sa.Column("owners", postgresql.JSONB(), nullable=False, server_default="[]")
    )
    op.create_index("ix_scope_parents", "scope", ["parents"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("ix_scope_parents", table_name="scope")
    for name in ("parents", "tags", "owners"):
        op.drop_column("scope", name)
