"""Who was asked for his voice in a diagnosis, and whether he has spoken."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "asked_voice",
        sa.Column("diagnosis", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", instant, nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("spoken_at", instant, nullable=True),
        sa.ForeignKeyConstraint(
            ["diagnosis"], ["diagnosis.id"], name=op.f("fk_asked_voice_diagnosis_diagnosis")
        ),
        sa.PrimaryKeyConstraint("diagnosis", "source", "person", name=op.f("pk_asked_voice")),
    )


def downgrade() -> None:
    op.drop_table("asked_voice")
