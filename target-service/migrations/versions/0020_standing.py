"""How goals stand, with exact sums of their parts; how everything stood; scoring rules.

Goals that are there get their place when the service starts: see ``usecases.placing``.

Revision: 0020, after 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None

_INTEGERS = ("own", "own_known", "broken", "thin_parts", "valued", "pooled")
_MILLIONTHS = ("own_sum", "child_weight", "child_known", "child_sum")
_NUMBERS = ("value_sum", "numerator_sum", "denominator_sum")


def upgrade() -> None:
    op.create_table(
        "goal_attainment",
        sa.Column("goal", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("share", sa.BigInteger(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column("ranked_in", sa.String(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _INTEGERS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _MILLIONTHS),
        *(sa.Column(name, sa.Numeric(), nullable=False) for name in _NUMBERS),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("thin", sa.Boolean(), nullable=False),
        sa.Column("attained", sa.Integer(), nullable=True),
        sa.Column("coverage", sa.Integer(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["goal"], ["goal.key"], name=op.f("fk_goal_attainment_goal_goal")),
        sa.PrimaryKeyConstraint("goal", name=op.f("pk_goal_attainment")),
        postgresql_with={"fillfactor": "60"},
    )
    op.create_index("ix_goal_attainment_parent", "goal_attainment", ["parent", "goal"])
    for name, columns in {"least": ["attained"], "last": ["ends", "goal"]}.items():
        op.create_index(
            f"ix_goal_attainment_{name}",
            "goal_attainment",
            ["ranked_in", *columns],
            postgresql_where=sa.text("ranked_in IS NOT NULL"),
        )
    op.add_column("attainment", sa.Column("counted_in", sa.String(), nullable=True))
    op.add_column("attainment", sa.Column("counted", sa.Integer(), nullable=True))
    op.add_column("attainment", sa.Column("ranked_in", sa.String(), nullable=True))
    op.create_index(
        "ix_attainment_ranked",
        "attainment",
        ["ranked_in", "counted"],
        postgresql_where=sa.text("ranked_in IS NOT NULL"),
    )
    op.add_column("binding", sa.Column("scoring", sa.dialects.postgresql.JSONB(), nullable=True))
    op.add_column("binding", sa.Column("counted_in", sa.String(), nullable=True))
    _keep_history()


def _keep_history() -> None:
    op.create_table(
        "attainment_history",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("thin", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, sa.Numeric(), nullable=True)
            for name in ("attainment", "coverage", "value", "numerator", "denominator")
        ),
        sa.Column("standard_version", sa.Integer(), nullable=True),
        sa.Column("formula_version", sa.Integer(), nullable=True),
        sa.Column("goal", sa.String(), nullable=True),
        sa.Column("goal_version", sa.Integer(), nullable=True),
        sa.Column("binding_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("key", "seq", name=op.f("pk_attainment_history")),
    )
    op.execute(
        "INSERT INTO attainment_history (key, seq, at, state, thin, attainment, coverage, value,"
        " numerator, denominator, standard_version, formula_version, goal, goal_version,"
        " binding_version) SELECT a.binding, a.seq, a.judged_at, a.state, a.thin, a.attainment,"
        " a.coverage, a.value, a.numerator, a.denominator, a.standard_version, a.formula_version,"
        " b.goal, g.version, b.version FROM attainment a JOIN binding b ON b.key = a.binding"
        " LEFT JOIN goal g ON g.key = b.goal"
    )


def downgrade() -> None:
    op.drop_table("attainment_history")
    op.drop_column("binding", "counted_in")
    op.drop_column("binding", "scoring")
    for name in ("ranked_in", "counted", "counted_in"):
        op.drop_column("attainment", name)
    op.drop_table("goal_attainment")
