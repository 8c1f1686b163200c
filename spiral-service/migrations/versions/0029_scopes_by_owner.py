"""Scopes are found by who answers for them."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_scope_owners",
        "scope",
        ["owners"],
        postgresql_using="gin",
        postgresql_ops={"owners": "jsonb_path_ops"},
    )


def downgrade() -> None:
    op.drop_index("ix_scope_owners", "scope")
