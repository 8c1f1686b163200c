"""How far an upload has come is part of what its key is answered with; dead letters are mended."""

import sqlalchemy as sa
from alembic import op

from shared.kit.migrations import mend_dead_letters

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mend_dead_letters()
    op.execute(
        "UPDATE idempotency SET answer = jsonb_build_object("
        "'answer', answer, 'observed', observed, 'is_finished', is_finished)"
    )
    op.drop_column("idempotency", "observed")
    op.drop_column("idempotency", "is_finished")


def downgrade() -> None:
    op.drop_column("dead_letter", "discarded")
    op.drop_column("dead_letter", "edits")
    op.add_column("idempotency", sa.Column("observed", sa.BigInteger(), nullable=True))
    op.add_column(
        "idempotency",
        sa.Column("is_finished", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.execute("DELETE FROM idempotency WHERE NOT answer ? 'is_finished'")
    op.execute(
        "UPDATE idempotency SET observed = (answer ->> 'observed')::bigint,"
        " is_finished = (answer ->> 'is_finished')::boolean, answer = answer -> 'answer'"
    )
    op.alter_column("idempotency", "is_finished", server_default=None)
