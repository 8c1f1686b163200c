"""Find the changes of one record, of one entity, before one instant."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index("ix_change_key", "change", ["key"], postgresql_using="hash")
    op.create_index("ix_change_set_entity_id", "change_set", ["entity", "id"])
    op.create_index("ix_change_set_committed_at", "change_set", ["committed_at"])
    # Indexes of records carry the key behind the field now, and a name that says so.
    found = op.get_bind().execute(
        sa.text(
            "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
            r" AND indexname LIKE 'ix\_record\_%' AND indexname NOT LIKE '%\_key'"
        )
    )
    for (name,) in found.all():
        op.drop_index(name)
