"""Assessments: schemes, runs, results, and what people hand in for them."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ARRAY, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import Base, Document


class AssessmentSchemeRow(Base):
    """One version of an assessment scheme (考核方案); versions are kept for ever."""

    __tablename__ = "assessment_scheme"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    purpose: Mapped[str]
    kind: Mapped[str]
    document: Mapped[Document]
    author: Mapped[str]
    made_at: Mapped[datetime]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class AssessmentRunRow(Base):
    """An assessment of a period by one version of a scheme (考核轮次)."""

    __tablename__ = "assessment_run"
    __table_args__ = (Index("ix_assessment_run_scheme", "scheme", "period"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    title: Mapped[str]
    scheme: Mapped[str]
    scheme_version: Mapped[int]
    purpose: Mapped[str]
    kind: Mapped[str]
    period: Mapped[str]
    document: Mapped[Document]
    state: Mapped[str]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    computed_at: Mapped[datetime | None]
    objections_until: Mapped[date | None]
    published_by: Mapped[str | None]
    published_at: Mapped[datetime | None]


class AssessmentResultRow(Base):
    """One who is assessed in a run, and how it came out."""

    __tablename__ = "assessment_result"

    run: Mapped[str] = mapped_column(ForeignKey("assessment_run.key"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    stands_for: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Scopes whose values count: members of a team, the unit of a cadre; else itself."""

    since: Mapped[date | None]
    until: Mapped[date | None]
    points: Mapped[Decimal | None]
    coverage: Mapped[Decimal | None]
    thin: Mapped[bool] = mapped_column(server_default="false")
    vetoed: Mapped[bool] = mapped_column(server_default="false")
    place: Mapped[int | None]
    choice: Mapped[str | None]
    grade: Mapped[str | None]
    verdicts: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    lines: Mapped[list[Document]] = mapped_column(JSONB, server_default="[]")
    reasons: Mapped[list[Document]] = mapped_column(JSONB, server_default="[]")
    found: Mapped[Document] = mapped_column(server_default="{}")
    """All that the result rests on, by item: it can be reckoned again from this."""

    consented: Mapped[bool] = mapped_column(server_default="false")
    """Agreed to have a place when it was reckoned."""

    decision: Mapped[str | None]
    decision_reason: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class AssessmentMarkRow(Base):
    """A mark that somebody gave."""

    __tablename__ = "assessment_mark"

    run: Mapped[str] = mapped_column(ForeignKey("assessment_run.key"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    rater: Mapped[str] = mapped_column(primary_key=True)
    mark: Mapped[Decimal]
    checklist: Mapped[Document]
    given_at: Mapped[datetime]


class AssessmentTallyRow(Base):
    """An event, an award or a level that was registered for somebody assessed."""

    __tablename__ = "assessment_tally"

    run: Mapped[str] = mapped_column(ForeignKey("assessment_run.key"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str]
    count: Mapped[Decimal]
    note: Mapped[str]
    told_by: Mapped[str]
    told_at: Mapped[datetime]


class AssessmentObjectionRow(Base):
    """An objection to a result (异议、申诉), and what became of it."""

    __tablename__ = "assessment_objection"

    run: Mapped[str] = mapped_column(ForeignKey("assessment_run.key"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str]
    item: Mapped[str | None]
    reason: Mapped[str]
    raised_by: Mapped[str]
    raised_at: Mapped[datetime]
    upheld: Mapped[bool | None]
    answer: Mapped[str | None]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]


class AssessmentActRow(Base):
    """What somebody did in a run; nothing is ever taken away from it."""

    __tablename__ = "assessment_act"

    run: Mapped[str] = mapped_column(ForeignKey("assessment_run.key"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    act: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    detail: Mapped[Document]


class AssessmentConsentRow(Base):
    """Whether a person agrees to have a place in the rankings of a scheme."""

    __tablename__ = "assessment_consent"

    scheme: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    given: Mapped[bool]
    at: Mapped[datetime]
