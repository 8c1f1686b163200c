"""Values that people hand in: kept with their evidence, and approved by somebody else."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

PLACE = ("indicator", "scope", "period")


def upgrade() -> None:
    for table in ("measurement", "measurement_history"):
        op.add_column(
            table, sa.Column("manual", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        op.alter_column(table, "manual", server_default=None)
    _files()
    _values()
    _steps()


def downgrade() -> None:
    for table in ("handed_due", "handed_step", "handed_value", "file"):
        op.drop_table(table)
    for table in ("measurement", "measurement_history"):
        op.drop_column(table, "manual")


def _instant(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def _files() -> None:
    op.create_table(
        "file",
        sa.Column("digest", sa.String(), primary_key=True),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("stored_by", sa.String(), nullable=False),
        _instant("stored_at"),
    )


def _values() -> None:
    op.create_table(
        "handed_value",
        sa.Column("id", sa.String(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in PLACE),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.Column("numerator", sa.Numeric()),
        sa.Column("denominator", sa.Numeric()),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.String(), sa.ForeignKey("file.digest")),
        *(sa.Column(name, sa.String()) for name in ("evidence_name", "link", "note")),
        sa.Column("replaces", sa.String(), sa.ForeignKey("handed_value.id")),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        _instant("entered_at"),
    )
    for state in ("waiting", "approved"):
        op.create_index(
            f"uq_handed_value_{state}",
            "handed_value",
            list(PLACE),
            unique=True,
            postgresql_where=sa.text(f"state = '{state}'"),
        )
    op.create_index("ix_handed_value_place", "handed_value", list(PLACE))


def _steps() -> None:
    op.create_table(
        "handed_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("handed", sa.String(), sa.ForeignKey("handed_value.id"), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        _instant("at"),
        sa.Column("reason", sa.String()),
    )
    op.create_index("ix_handed_step_handed", "handed_step", ["handed"])
    op.create_table(
        "handed_due",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in PLACE),
    )
