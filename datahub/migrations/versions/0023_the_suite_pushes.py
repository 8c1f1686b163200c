"""The suite is a source system that its own services feed.

Feeds that are shipped with the hub are told from those that were saved here. As the suite push its
services, each by its own user: the key that an installation made for it is taken back.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("feed", sa.Column("origin", sa.String(), server_default="saved", nullable=False))
    op.execute(
        "UPDATE source_system SET entities = '{alert,correction,diagnosis,improvement_measure,"
        "participation,report,task}' WHERE id = 'helix8' AND entities = '{}'"
    )
    op.execute(
        "UPDATE source_system_key SET revoked_at = now(), revoked_by = 'system/datahub'"
        " WHERE system = 'helix8' AND id = 'password' AND revoked_at IS NULL"
    )


def downgrade() -> None:
    op.drop_column("feed", "origin")
    op.execute("UPDATE source_system SET entities = '{}' WHERE id = 'helix8'")
    op.execute(
        "UPDATE source_system_key SET revoked_at = NULL, revoked_by = NULL"
        " WHERE system = 'helix8' AND id = 'password'"
    )
