"""Assessment schemes, runs and results, and what people hand in for them.

Revision: 0033, after 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0033"
down_revision = "0030"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
BESIDE = ("assessment_mark", "assessment_tally", "assessment_objection", "assessment_act")


def upgrade() -> None:
    _schemes_and_runs()
    _results()
    _marks_and_tallies()
    _objections_and_acts()


def _text(name: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.String(), nullable=null)


def _at(name: str, *, null: bool = False) -> "sa.Column[object]":
    return sa.Column(name, INSTANT, nullable=null)


def _number(name: str, *, null: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.Integer(), nullable=null)


def _document(name: str, default: str | None = None) -> "sa.Column[object]":
    return sa.Column(name, JSONB(), nullable=False, server_default=default)


def _flag(name: str) -> "sa.Column[bool]":
    return sa.Column(name, sa.Boolean(), nullable=False, server_default="false")


def _run_key() -> "sa.Column[str]":
    return sa.Column("run", sa.String(), sa.ForeignKey("assessment_run.key"), nullable=False)


def _schemes_and_runs() -> None:
    op.create_table(
        "assessment_scheme",
        *(_text("key"), _number("version")),
        *(_text(name) for name in ("title", "purpose", "kind")),
        _document("document"),
        *(_text("author"), _at("made_at")),
        *(_text("approved_by", null=True), _at("approved_at", null=True)),
        _at("withdrawn_at", null=True),
        sa.PrimaryKeyConstraint("key", "version", name="pk_assessment_scheme"),
    )
    op.create_table(
        "assessment_run",
        *(_text("key"), _number("version"), _text("title")),
        *(_text("scheme"), _number("scheme_version")),
        *(_text(name) for name in ("purpose", "kind", "period")),
        *(_document("document"), _text("state")),
        *(_text("opened_by"), _at("opened_at"), _at("computed_at", null=True)),
        sa.Column("objections_until", sa.Date(), nullable=True),
        *(_text("published_by", null=True), _at("published_at", null=True)),
        sa.PrimaryKeyConstraint("key", name="pk_assessment_run"),
    )
    op.create_index("ix_assessment_run_scheme", "assessment_run", ["scheme", "period"])
    op.create_table(
        "assessment_consent",
        *(_text("scheme"), _text("person")),
        sa.Column("given", sa.Boolean(), nullable=False),
        _at("at"),
        sa.PrimaryKeyConstraint("scheme", "person", name="pk_assessment_consent"),
    )


def _results() -> None:
    op.create_table(
        "assessment_result",
        *(_run_key(), _text("subject"), _text("title")),
        sa.Column("stands_for", ARRAY(sa.Text()), nullable=False),
        *(sa.Column(name, sa.Date(), nullable=True) for name in ("since", "until")),
        *(sa.Column(name, sa.Numeric(), nullable=True) for name in ("points", "coverage")),
        *(_flag("thin"), _flag("vetoed"), _number("place", null=True)),
        *(_text("choice", null=True), _text("grade", null=True)),
        sa.Column("verdicts", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        *(_document("lines", "[]"), _document("reasons", "[]"), _document("found", "{}")),
        _flag("consented"),
        *(_text(name, null=True) for name in ("decision", "decision_reason", "decided_by")),
        _at("decided_at", null=True),
        sa.PrimaryKeyConstraint("run", "subject", name="pk_assessment_result"),
    )


def _marks_and_tallies() -> None:
    op.create_table(
        "assessment_mark",
        *(_run_key(), *(_text(name) for name in ("subject", "item", "source", "rater"))),
        sa.Column("mark", sa.Numeric(), nullable=False),
        *(_document("checklist"), _at("given_at")),
        sa.PrimaryKeyConstraint(
            "run", "subject", "item", "source", "rater", name="pk_assessment_mark"
        ),
    )
    op.create_table(
        "assessment_tally",
        *(_run_key(), *(_text(name) for name in ("subject", "item", "ref", "what"))),
        sa.Column("count", sa.Numeric(), nullable=False),
        *(_text("note"), _text("told_by"), _at("told_at")),
        sa.PrimaryKeyConstraint("run", "subject", "item", "ref", name="pk_assessment_tally"),
    )


def _objections_and_acts() -> None:
    op.create_table(
        "assessment_objection",
        *(_run_key(), _number("number"), _text("subject"), _text("item", null=True)),
        *(_text("reason"), _text("raised_by"), _at("raised_at")),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        *(_text("answer", null=True), _text("answered_by", null=True)),
        _at("answered_at", null=True),
        sa.PrimaryKeyConstraint("run", "number", name="pk_assessment_objection"),
    )
    op.create_table(
        "assessment_act",
        *(_run_key(), _number("number"), _text("act"), _text("by"), _at("at")),
        _document("detail"),
        sa.PrimaryKeyConstraint("run", "number", name="pk_assessment_act"),
    )


def downgrade() -> None:
    for table in (*BESIDE, "assessment_result", "assessment_consent", "assessment_run"):
        op.drop_table(table)
    op.drop_table("assessment_scheme")
