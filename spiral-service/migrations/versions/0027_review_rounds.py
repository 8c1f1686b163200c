"""Review rounds of committees: documents by version, comments by clause, votes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    words = ("document", "kind", "title", "text", "scope", "body", "author", "state", "opened_by")
    op.create_table(
        "review_round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *(sa.Column(each, sa.Text(), nullable=False) for each in words),
        sa.Column("clauses", JSONB(), nullable=False),
        sa.Column("files", JSONB(), nullable=False),
        sa.Column("members", ARRAY(sa.Text()), nullable=False),
        sa.Column("heads", ARRAY(sa.Text()), nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("opened_at", instant, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_round")),
    )
    op.create_index("ix_review_round_page", "review_round", ["opened_at", "id"])
    op.create_index("uq_review_round_document", "review_round", ["document", "number"], unique=True)
    op.create_table(
        "review_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Uuid(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("must", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_comment")),
        sa.ForeignKeyConstraint(
            ["round"], ["review_round.id"], name=op.f("fk_review_comment_round_review_round")
        ),
    )
    op.create_index("ix_review_comment_round", "review_comment", ["round", "at"])
    op.create_table(
        "review_vote",
        sa.Column("round", sa.Uuid(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("vote", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.PrimaryKeyConstraint("round", "member", name=op.f("pk_review_vote")),
        sa.ForeignKeyConstraint(
            ["round"], ["review_round.id"], name=op.f("fk_review_vote_round_review_round")
        ),
    )


def downgrade() -> None:
    for table in ("review_vote", "review_comment", "review_round"):
        op.drop_table(table)
