"""One-time codes beside the password."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = TIMESTAMP(timezone=True)
NOW = sa.func.now()


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
        sa.Column("recovery", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("last_step", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("login", name="pk_second_factor"),
        sa.ForeignKeyConstraint(
            ["login"], ["account.login"], name="fk_second_factor_login_account", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("second_factor")
