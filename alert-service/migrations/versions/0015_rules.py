"""Rules of the college with their versions, what they read, and what is remembered of them.

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_JSON = postgresql.JSONB(astext_type=sa.Text())


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, _INSTANT, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "rule",
        _text("key"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        _text("changed_by"),
        _instant("changed_at"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rule")),
    )
    op.create_index("ix_rule_epoch", "rule", ["epoch"])
    op.create_table(
        "rule_version",
        _text("rule"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", _JSON, nullable=False),
        _text("made_by"),
        _instant("made_at"),
        _text("published_by", nullable=True),
        _instant("published_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["rule"], ["rule.key"], name=op.f("fk_rule_version_rule_rule"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rule", "version", name=op.f("pk_rule_version")),
    )
    _create_what_is_read()
    op.create_table(
        "rule_cell",
        *(_text(name) for name in ("scope", "period", "rule", "state")),
        sa.Column("detail", sa.String(), server_default=sa.text("''"), nullable=False),
        _text("memory"),
        *(_instant(name, nullable=True) for name in ("since", "cool_until")),
        _instant("changed_at"),
        sa.PrimaryKeyConstraint("scope", "period", "rule", name=op.f("pk_rule_cell")),
    )
    op.create_index("ix_rule_cell_rule", "rule_cell", ["rule", "state"])


def _create_what_is_read() -> None:
    op.create_table(
        "signal",
        *(_text(name) for name in ("kind", "name", "scope", "period", "thing")),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        _instant("at"),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("coverage", sa.Numeric(), nullable=True),
        _instant("freshest_at", nullable=True),
        sa.Column("said", _JSON, nullable=True),
        sa.PrimaryKeyConstraint("kind", "name", "scope", "period", "thing", name=op.f("pk_signal")),
    )
    op.create_index("ix_signal_period", "signal", ["name", "period", "kind"])
    op.create_table(
        "heard",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        *(_text(name) for name in ("kind", "name")),
        _instant("at"),
        sa.Column("items", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heard")),
    )
    op.create_index("ix_heard_read", "heard", ["kind", "name", "at"])
    op.create_index("ix_heard_at", "heard", ["at"])


def downgrade() -> None:
    for table in ("rule_cell", "heard", "signal", "rule_version", "rule"):
        op.drop_table(table)
    op.execute("DELETE FROM alert_step USING alert a WHERE alert = a.id AND a.rule LIKE 'rule/%'")
    op.execute("DELETE FROM alert WHERE rule LIKE 'rule/%'")
