"""Keys with networks, certificates and quotas, and the tokens that they get."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = TIMESTAMP(timezone=True)
NOW = sa.func.now()


def upgrade() -> None:
    for column in (
        sa.Column("networks", sa.ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("certificate", sa.LargeBinary),
        sa.Column("per_minute", sa.Integer),
        sa.Column("per_day", sa.Integer),
        sa.Column("replaces", sa.Text),
    ):
        op.add_column("api_key", column)
    op.create_unique_constraint("uq_api_key_certificate", "api_key", ["certificate"])
    op.create_table(
        "access_token",
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_access_token"),
        sa.ForeignKeyConstraint(
            ["key_id"], ["api_key.id"], name="fk_access_token_key_id_api_key", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_access_token_key_id", "access_token", ["key_id"])
    op.create_index("ix_access_token_expires_at", "access_token", ["expires_at"])
    op.create_table(
        "quota_use",
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key_id", "day", name="pk_quota_use"),
        sa.ForeignKeyConstraint(
            ["key_id"], ["api_key.id"], name="fk_quota_use_key_id_api_key", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("quota_use")
    op.drop_table("access_token")
    for name in ("replaces", "per_day", "per_minute", "certificate", "networks"):
        op.drop_column("api_key", name)
