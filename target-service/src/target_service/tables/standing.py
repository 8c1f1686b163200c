"""How goals stand, with the sums that a change of one part moves; and how everything stood."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Computed, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import RANKED, Base


class GoalAttainmentRow(Base):
    """How a goal stands, and the exact sums of its parts: see `target_service.domain.rollup`.

    Attainments, weights and coverages are whole millionths.
    """

    __tablename__ = "goal_attainment"
    __table_args__ = (
        Index("ix_goal_attainment_parent", "parent", "goal"),
        Index(
            "ix_goal_attainment_least",
            "ranked_in",
            "ranked",
            postgresql_where=text("ranked_in IS NOT NULL"),
        ),
        Index(
            "ix_goal_attainment_last",
            "ranked_in",
            "ends",
            "goal",
            postgresql_where=text("ranked_in IS NOT NULL"),
        ),
        # A change of figures moves no index entry while the page has room for the new row.
        {"postgresql_with": {"fillfactor": "60"}},
    )

    goal: Mapped[str] = mapped_column(ForeignKey("goal.key"), primary_key=True)
    parent: Mapped[str | None]
    """In whose sums it stands."""

    share: Mapped[int] = mapped_column(BigInteger)
    """Its weight there."""

    depth: Mapped[int]
    """0 of a root."""

    ends: Mapped[date]
    """By which its parent finds the ``last``."""

    ranked_in: Mapped[str | None]
    """The parent, where that looks for the ``minimum`` or the ``last``."""

    own: Mapped[int]
    own_known: Mapped[int]
    own_sum: Mapped[int] = mapped_column(BigInteger)
    child_weight: Mapped[int] = mapped_column(BigInteger)
    child_known: Mapped[int] = mapped_column(BigInteger)
    child_sum: Mapped[int] = mapped_column(BigInteger)
    broken: Mapped[int]
    thin_parts: Mapped[int]
    valued: Mapped[int]
    value_sum: Mapped[Decimal]
    pooled: Mapped[int]
    numerator_sum: Mapped[Decimal]
    denominator_sum: Mapped[Decimal]

    seq: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    thin: Mapped[bool]
    attained: Mapped[int | None]
    ranked: Mapped[int | None] = mapped_column(Computed(RANKED.format("attained"), persisted=True))
    """By which its parent finds the ``minimum``: an index of what every goal attains would be
    written with every figure."""

    coverage: Mapped[int]
    value: Mapped[Decimal | None]
    numerator: Mapped[Decimal | None]
    denominator: Mapped[Decimal | None]
    judged_at: Mapped[datetime | None]


class AttainmentHistoryRow(Base):
    """A judgement as it was told, with the versions that it used; it never changes."""

    __tablename__ = "attainment_history"

    key: Mapped[str] = mapped_column(primary_key=True)
    """Of a binding, or ``goal/<key>``."""

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    state: Mapped[str]
    thin: Mapped[bool]
    attainment: Mapped[Decimal | None]
    coverage: Mapped[Decimal | None]
    value: Mapped[Decimal | None]
    numerator: Mapped[Decimal | None]
    denominator: Mapped[Decimal | None]
    standard_version: Mapped[int | None]
    formula_version: Mapped[int | None]
    goal: Mapped[str | None]
    goal_version: Mapped[int | None]
    binding_version: Mapped[int | None]
