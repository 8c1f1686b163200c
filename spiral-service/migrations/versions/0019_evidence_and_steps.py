"""Files of evidence, and the human steps of this service as they were told last.

Revision: 0019, after 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    now = sa.func.now()
    op.create_table(
        "file",
        sa.Column("digest", sa.Text(), primary_key=True),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("stored_by", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
    )
    op.create_table(
        "evidence_upload",
        sa.Column("digest", sa.Text(), primary_key=True),
        sa.Column("by", sa.Text(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=now, nullable=False),
    )
    op.create_table(
        "told_step",
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "scope", "not_by")),
        sa.Column("owners", ARRAY(sa.Text()), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("is_open", sa.Boolean(), nullable=False),
    )


def downgrade() -> None:
    for table in ("told_step", "evidence_upload", "file"):
        op.drop_table(table)
