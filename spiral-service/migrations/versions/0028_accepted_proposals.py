"""What plans propose is accepted as a programme or refused; programmes of one period alone."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("programme", sa.Column("period", sa.Text(), nullable=True))
    for column in (
        sa.Column("state", sa.Text(), nullable=False, server_default="proposed"),
        sa.Column("programme", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
    ):
        op.add_column("cycle_proposal", column)
    op.create_foreign_key(
        op.f("fk_cycle_proposal_programme_programme"),
        "cycle_proposal",
        "programme",
        ["programme"],
        ["key"],
    )


def downgrade() -> None:
    for column in ("reason", "decided_at", "decided_by", "programme", "state"):
        op.drop_column("cycle_proposal", column)
    op.drop_column("programme", "period")
