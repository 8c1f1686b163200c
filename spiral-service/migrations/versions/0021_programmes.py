"""Programmes open cycles by the school calendar; scopes are found by tag and parent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.add_column("scope", sa.Column("tags", ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.create_index(
        "ix_scope_parents",
        "scope",
        ["parents"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_table(
        "programme",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("title", "definition", "rhythm", "kind", "updated_by")
        ),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, ARRAY(sa.Text()), nullable=False)
            for name in ("tags", "within", "scopes", "excluded")
        ),
        sa.Column("updated_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_programme")),
    )
    op.create_table(
        "sweep",
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("begun_at", instant, nullable=False),
        sa.Column("ended_at", instant, nullable=True),
        sa.ForeignKeyConstraint(
            ["programme"], ["programme.key"], name=op.f("fk_sweep_programme_programme")
        ),
        sa.PrimaryKeyConstraint("programme", "period", name=op.f("pk_sweep")),
    )


def downgrade() -> None:
    op.drop_table("sweep")
    op.drop_table("programme")
    op.drop_index("ix_scope_parents", "scope")
    op.drop_column("scope", "tags")
