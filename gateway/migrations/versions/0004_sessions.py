"""Sessions of whoever the campus login lets in, listed and ended one by one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = TIMESTAMP(timezone=True)
NOW = sa.func.now()


def upgrade() -> None:
    for column in (
        sa.Column("id", sa.Uuid, nullable=False, server_default=sa.func.gen_random_uuid()),
        sa.Column("subject", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("roles", sa.ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("provider", sa.Text, nullable=False, server_default="local"),
        sa.Column("provider_key", sa.LargeBinary),
        sa.Column("provider_subject", sa.LargeBinary),
        sa.Column("logout_hint", sa.Text),
        sa.Column("active_role", sa.Text),
        sa.Column("active_scope", sa.Text),
        sa.Column("address", sa.Text, nullable=False, server_default=""),
        sa.Column("agent", sa.Text, nullable=False, server_default=""),
    ):
        op.add_column("session", column)
    op.execute(
        "UPDATE session s SET subject = a.subject, name = a.name FROM account a"
        " WHERE a.login = s.login"
    )
    for name in ("subject", "name"):
        op.alter_column("session", name, nullable=False)
    op.alter_column("session", "login", nullable=True)
    op.create_unique_constraint("uq_session_id", "session", ["id"])
    op.create_index("ix_session_subject", "session", ["subject"])
    op.create_index("ix_session_provider_key", "session", ["provider_key"])


def downgrade() -> None:
    op.execute("DELETE FROM session WHERE login IS NULL")
    op.alter_column("session", "login", nullable=False)
    for name in (
        *("id", "subject", "name", "roles", "provider", "provider_key", "provider_subject"),
        *("logout_hint", "active_role", "active_scope", "address", "agent"),
    ):
        op.drop_column("session", name)
