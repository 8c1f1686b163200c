"""What lies in a scope is found by an index: who sees a scope sees what lies beneath it."""

from alembic import op
from sqlalchemy import text

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_index(
        "ix_scope_parents",
        "scope",
        [text("(doc -> 'parents')")],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )


def downgrade() -> None:
    op.drop_index("ix_scope_parents", table_name="scope")
