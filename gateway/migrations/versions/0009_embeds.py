"""Sites that embed pieces of the portal, and the tokens that they were given."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = TIMESTAMP(timezone=True)
NOW = sa.func.now()


def upgrade() -> None:
    op.create_table(
        "embed_client",
        sa.Column("id", sa.Uuid, nullable=False, server_default=sa.func.gen_random_uuid()),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("origins", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("kinds", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("resources", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("max_ttl", sa.Integer, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_embed_client"),
    )
    op.create_index("ix_embed_client_subject", "embed_client", ["subject"])
    op.create_table(
        "embed_token",
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("client", sa.Uuid, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("resources", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_embed_token"),
        sa.ForeignKeyConstraint(
            ["client"],
            ["embed_client.id"],
            name="fk_embed_token_client_embed_client",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_embed_token_client", "embed_token", ["client"])
    op.create_index("ix_embed_token_expires_at", "embed_token", ["expires_at"])


def downgrade() -> None:
    op.drop_table("embed_token")
    op.drop_table("embed_client")
