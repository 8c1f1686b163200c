"""A dead letter tells when its stream took it: a replay is as old as that."""

from alembic import op

from shared.kit.migrations import know_when_letters_were_stored

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    know_when_letters_were_stored()


def downgrade() -> None:
    op.drop_column("dead_letter", "stored_at")
