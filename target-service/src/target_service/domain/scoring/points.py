"""⑤ to ⑨: points for what was counted, of the full points."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Final

from target_service.domain.limits import Number
from target_service.domain.scoring.base import TALLY, VALUE, Observed, told
from target_service.domain.units import Faults

Points = Mapping[str, Decimal]
"""By kind, level, rank or answer."""

AT: Final = "/"
"""Between a level and a rank in a tally: ``national/1``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """⑤ Full points, less some for each event, not below 0; an event that vetoes leaves nothing.

    With one kind of event, a measured value is their number.
    """

    name: ClassVar = "deduction"
    title_zh: ClassVar = "按次扣分"
    title_en: ClassVar = "deduction per event"
    takes: ClassVar = TALLY | VALUE

    full: Decimal
    deductions: Points
    """Points for one event, by kind."""

    vetoes: tuple[str, ...] = ()
    """一票否决: kinds of which one is enough."""

    def faults(self) -> Faults:
        """Return points that would be added, and full points of nothing."""
        return [*_full(self.full), *_of_points("$.deductions", self.deductions)]

    def score(self, observed: Observed) -> Decimal | None:
        """Return what is left of the full points; no event is full."""
        tally = self._tally(observed)
        if tally is None:
            return None
        if any(tally.get(each) for each in self.vetoes):
            return Decimal(0)
        return told(1 - _weighed(tally, self.deductions) / Fraction(self.full))

    def _tally(self, observed: Observed) -> Mapping[str, Number] | None:
        if observed.value is None or len(self.deductions) > 1:
            return observed.tally
        return dict.fromkeys(self.deductions, observed.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelWeightedCount:
    """⑥ Each counts by its level and its rank; so many points are full."""

    name: ClassVar = "level_weighted_count"
    title_zh: ClassVar = "按级别折算计数"
    title_en: ClassVar = "level-weighted count"
    takes: ClassVar = TALLY

    full: Decimal
    levels: Points
    """national 3 (300 %), provincial 1 (100 %)"""

    ranks: Points
    """1 → 1 (100 %), 2 → 0.5, 3 → 0.3"""

    def faults(self) -> Faults:
        """Return weights below 0, and full points of nothing."""
        return [
            *_full(self.full),
            *_of_points("$.levels", self.levels),
            *_of_points("$.ranks", self.ranks),
        ]

    def score(self, observed: Observed) -> Decimal | None:
        """Return the weighted count over the full points; the tally names ``level/rank``."""
        if observed.tally is None:
            return None
        weights = {
            f"{level}{AT}{rank}": each * share
            for level, each in self.levels.items()
            for rank, share in self.ranks.items()
        }
        return told(_weighed(observed.tally, weights) / Fraction(self.full))


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardByLevel:
    """⑦ Points for the highest level that was reached."""

    name: ClassVar = "award_by_level"
    title_zh: ClassVar = "按最高级别计分"
    title_en: ClassVar = "award by level"
    takes: ClassVar = TALLY

    full: Decimal
    levels: Points

    def faults(self) -> Faults:
        """Return points below 0, and full points of nothing."""
        return [*_full(self.full), *_of_points("$.levels", self.levels)]

    def score(self, observed: Observed) -> Decimal | None:
        """Return the points of the highest level over the full ones; 0 without any."""
        if observed.tally is None:
            return None
        reached = [points for level, points in self.levels.items() if observed.tally.get(level)]
        return told(Fraction(max(reached, default=Decimal(0))) / Fraction(self.full))


@dataclass(frozen=True, slots=True, kw_only=True)
class SatisfactionIndex:
    """⑧ The mean of what the answers are worth: very 100, rather 80, basically 60, others 0."""

    name: ClassVar = "satisfaction_index"
    title_zh: ClassVar = "满意度指数"
    title_en: ClassVar = "satisfaction index"
    takes: ClassVar = TALLY

    full: Decimal = Decimal(100)
    answers: Points

    def faults(self) -> Faults:
        """Return answers that are worth less than nothing or more than full."""
        too_much = [
            (f"$.answers.{name}", "不能超过满分 (not above full)")
            for name, each in self.answers.items()
            if each > self.full
        ]
        return [*_full(self.full), *_of_points("$.answers", self.answers), *too_much]

    def score(self, observed: Observed) -> Decimal | None:
        """Return the index over full; answers that are not named count as 0. None of nobody."""
        asked = sum((Fraction(each) for each in (observed.tally or {}).values()), Fraction())
        if observed.tally is None or not asked:
            return None
        return told(_weighed(observed.tally, self.answers) / (asked * Fraction(self.full)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOfLevels:
    """⑨ Points for what is there, and some for each level that reaches its target.

    R17: 建立诊改平台得 1 分; 五个维度每达成一个维度目标得 0.2 分.
    """

    name: ClassVar = "count_of_levels"
    title_zh: ClassVar = "有无与达成层面数"
    title_en: ClassVar = "boolean and count of levels"
    takes: ClassVar = TALLY

    there: Decimal
    """Points when it is there (tally ``there``); 0 for a count alone."""

    per_level: Decimal
    """Points for one level (tally ``levels``); 0 for a boolean."""

    levels: Decimal
    """How many levels there are."""

    def faults(self) -> Faults:
        """Return points below 0, and a rule by which nothing can be had."""
        given = {"there": self.there, "per_level": self.per_level, "levels": self.levels}
        return [*_below_zero("$", given), *_full(self._full, "$")]

    def score(self, observed: Observed) -> Decimal | None:
        """Return the points over all that can be had."""
        if observed.tally is None:
            return None
        points = Fraction(self.there if observed.tally.get("there") else 0)
        reached = min(Fraction(observed.tally.get("levels", 0)), Fraction(self.levels))
        return told((points + reached * Fraction(self.per_level)) / Fraction(self._full))

    @property
    def _full(self) -> Decimal:
        return self.there + self.levels * self.per_level


def _weighed(tally: Mapping[str, Number], weights: Points) -> Fraction:
    named = (Fraction(tally[each]) * Fraction(weights[each]) for each in weights if each in tally)
    return sum(named, Fraction())


def _full(full: Decimal, path: str = "$.full") -> Faults:
    return [] if full > 0 else [(path, "满分须大于 0 (full points are above 0)")]


def _of_points(path: str, points: Points) -> Faults:
    empty = [] if points else [(path, "至少要有一项 (give at least one)")]
    return [*empty, *_below_zero(path, points)]


def _below_zero(path: str, points: Points) -> Faults:
    return [
        (f"{path}.{name}", "不能为负 (not below 0)") for name, each in points.items() if each < 0
    ]
