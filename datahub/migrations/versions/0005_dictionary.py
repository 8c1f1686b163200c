"""versions of the dictionary

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dictionary_base",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dictionary_base")),
    )
    op.create_table(
        "dictionary_version",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("part", sa.JSON(), nullable=False),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["base"],
            ["dictionary_base.id"],
            name=op.f("fk_dictionary_version_base_dictionary_base"),
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_dictionary_version")),
    )
    op.create_table(
        "dictionary_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("part", sa.JSON(), nullable=True),
        sa.Column("saved_by", sa.String(), nullable=True),
        sa.Column(
            "saved_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dictionary_draft")),
    )
    op.execute("INSERT INTO dictionary_draft (id, revision) VALUES (1, 0)")
    op.execute(
        "CREATE FUNCTION refuse_to_change_what_is_published() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'a published version of the dictionary never changes'; END $$"
    )
    op.execute(
        "CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON dictionary_version"
        " FOR EACH ROW EXECUTE FUNCTION refuse_to_change_what_is_published()"
    )
