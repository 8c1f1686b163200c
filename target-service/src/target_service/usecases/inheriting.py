"""Give bindings the lines in force: their own, their goal's target, their standard's tiers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final

from shared.contracts.vocabulary import AlertFrom
from shared.errors import DomainError, ErrorKind
from shared.kit.clock import CAMPUS
from shared.kit.database import Transaction
from target_service.domain.contradictions import faults_of_lines
from target_service.domain.criteria import Criterion, criterion_of, no_criterion
from target_service.domain.judge import Rules
from target_service.domain.limits import Limit, read_limit, write_limit
from target_service.domain.lines import Aim, Lines, LinesError, inherit, refuse
from target_service.domain.scoring import faults_of_scoring
from target_service.domain.units import UNKNOWN, Faults, Measure
from target_service.repository import chain, names
from target_service.repository import standards as documents
from target_service.repository.chain import read_lines
from target_service.tables import BindingRow, GoalRow
from target_service.usecases.facts import publish_bindings
from target_service.usecases.judging import judge_bindings

NAMED: Final = 20
"""So many bindings are named in a refusal."""

_ORDER: Final = (
    "收紧时先改目标再改标准，放宽时先改标准再改目标"
    " (to tighten, change the goal first and then the standard; to loosen, the standard first)"
)
_OWN: Final = (
    "POST /api/target/v1/bindings 给绑定自己的 tiers（目标未指明指标时也可给 target），它便不再继承"
    " 这条线 (give the binding tiers of its own, or a target where its goal names no indicator: it"
    " inherits that line no more)"
)
_WITHDRAW: Final = (
    "DELETE /api/target/v1/bindings/<key> 撤回不再需要的绑定 (withdraw a binding nobody needs)"
)
_FIXES: Final = [_ORDER, _OWN, _WITHDRAW]
"""What to do about bindings that a change would break; each of them works."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A binding whose lines would contradict each other."""

    row: BindingRow
    goal: GoalRow | None
    faults: Faults

    def reasons(self) -> list[str]:
        """Return which line contradicts what, and where the lines come from."""
        goal = self.goal
        has_own = self.row.target and not (goal and goal.indicator and goal.target)
        taken = None if has_own else self.row.goal
        sources = {"target ← 目标 goal": taken, "tiers ← 标准 standard": self.row.standard}
        given = "、".join(f"{name} {key}" for name, key in sources.items() if key)
        about = f"绑定 binding {self.row.key}" + (f"（{given}）" if given else "")
        return [f"{about} {path}：{reason}" for path, reason in self.faults]


class BreaksBindingsError(DomainError):
    """The change would leave bindings with lines that contradict each other."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "breaks-bindings"
    title_zh: ClassVar = "与已有绑定矛盾"
    title_en: ClassVar = "It contradicts bindings"


async def line_up_again(
    tx: Transaction, bindings: Sequence[BindingRow], at: datetime, rules: Rules
) -> None:
    """Let bindings inherit anew and judge them.

    Raises:
        BreaksBindingsError: what they inherit contradicts their own lines.
    """
    if not bindings:
        return
    broken = await line_up(tx, bindings, at)
    if broken:
        raise _breaks("$.target", broken)
    await judge_bindings(tx, [row.key for row in bindings], at, rules)


async def line_up(tx: Transaction, bindings: Sequence[BindingRow], at: datetime) -> list[Broken]:
    """Let bindings inherit anew; return those whose lines would contradict."""
    broken: list[Broken] = []
    changed: list[BindingRow] = []
    known = await heritage_of(tx, bindings, day_of(at))
    for row in bindings:
        try:
            if take_lines(known, row):
                changed.append(row)
        except LinesError as error:
            goal = known.goals.get(row.goal or "")
            broken.append(Broken(row=row, goal=goal, faults=_faults_of(error)))
    await publish_bindings(tx, changed, at)
    return broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Inheritable:
    """A version of a standard as bindings take it."""

    version: int
    criteria: Sequence[Criterion]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heritage:
    """All that bindings may inherit, or need to be told what they cannot."""

    goals: Mapping[str, GoalRow]
    standards: Mapping[str, Inheritable]
    measures: Mapping[str, Measure]
    tags: Mapping[str, frozenset[str]]


async def heritage_of(tx: Transaction, rows: Sequence[BindingRow], day: date) -> Heritage:
    """Return what bindings inherit on a day."""
    named = {row.standard for row in rows if row.standard}
    standards = await documents.list_in_force(tx, named, day)
    goals = await chain.list_goals_in_force(tx, {row.goal for row in rows if row.goal})
    return Heritage(
        goals={goal.key: goal for goal in goals},
        standards={
            each.key: Inheritable(version=each.version, criteria=documents.criteria_of(each))
            for each in standards
        },
        measures=await names.measures_of(tx, [row.indicator for row in rows]),
        tags=await names.tags_of(tx, [row.scope for row in rows]) if named else {},
    )


def take_lines(
    known: Heritage,
    row: BindingRow,
    unknown: Faults | None = None,
    wrong: Faults | None = None,
) -> bool:
    """Give a binding the lines in force; return whether they differ from before.

    Args:
        unknown: what else it refers to that is not there.
        wrong: what else cannot be meant.

    Raises:
        LinesError: they contradict each other, or its goal is about another cell.
        UnknownReferenceError: what it refers to is not there.
    """
    goal = known.goals.get(row.goal or "")
    standard = known.standards.get(row.standard or "")
    dangling = _dangling(row, goal, standard)
    criterion = criterion_of(standard.criteria, row.indicator) if standard else None
    owed, object_class = _owed(known, row, criterion)
    lines = _inherited(row, goal, owed)
    measure = known.measures.get(row.indicator, UNKNOWN)
    found = faults_of_lines(
        lines,
        AlertFrom(row.alert_from),
        measure,
        is_complete=not dangling,
    )
    if row.scoring:
        found += faults_of_scoring(row.scoring, "$.scoring", measure.direction)
    refuse([*(wrong or []), *_other_cell(row, goal), *found], [*(unknown or []), *dangling])
    return assign(
        row,
        {
            "target_in_force": _written(lines.target),
            "tiers_in_force": {
                tier.value: write_limit(limit) for tier, limit in lines.tiers.items()
            },
            "warning_in_force": _written(lines.warning),
            "scoring_in_force": row.scoring or (criterion.scoring if criterion else None),
            "standard_version": standard.version if standard else None,
            "object_class": object_class,
        },
    )


async def refuse_broken_bindings(
    tx: Transaction,
    bindings: Sequence[BindingRow],
    criteria: Sequence[Criterion],
    path: str,
    day: date,
) -> None:
    """Refuse a standard that contradicts the lines of its bindings.

    Args:
        path: where the lines stand in what was sent.

    Raises:
        BreaksBindingsError: it names them.
    """
    known = await heritage_of(tx, bindings, day)
    to_be = Inheritable(version=0, criteria=criteria)
    broken = [
        Broken(row=row, goal=known.goals.get(row.goal or ""), faults=found)
        for row in bindings
        if (found := _broken_by(known, row, to_be))
    ]
    if broken:
        raise _breaks(path, broken)


def _broken_by(known: Heritage, row: BindingRow, standard: Inheritable) -> Faults:
    criterion = criterion_of(standard.criteria, row.indicator)
    if criterion is None:
        return [no_criterion(row.standard or "", row.indicator)]
    owed, _ = _owed(known, row, criterion)
    lines = _inherited(row, known.goals.get(row.goal or ""), owed)
    measure = known.measures.get(row.indicator, UNKNOWN)
    return faults_of_lines(lines, AlertFrom(row.alert_from), measure)


def _owed(
    known: Heritage, row: BindingRow, criterion: Criterion | None
) -> tuple[Lines, str | None]:
    """Return the lines of a criterion for the object of a binding, and the class it has them by."""
    if criterion is None:
        return Lines(), None
    return criterion.lines_and_class_for(known.tags.get(row.scope, frozenset()))


def _inherited(row: BindingRow, goal: GoalRow | None, owed: Lines) -> Lines:
    own = read_lines(row.target, row.tiers, row.warning)
    return inherit(own, goal=_aim_of(goal) if goal else None, standard=owed)


def _aim_of(goal: GoalRow) -> Aim:
    target = read_limit(goal.target) if goal.target else None
    return Aim(target, of_indicator=goal.indicator is not None)


def _written(limit: Limit | None) -> dict[str, Any] | None:
    return write_limit(limit) if limit else None


def _breaks(path: str, broken: Sequence[Broken]) -> BreaksBindingsError:
    """Return what would be broken, under the path of the line that is inherited."""
    named = [each.row.key for each in broken[:NAMED]]
    return BreaksBindingsError(
        f"{len(broken)} 个绑定的目标、标准、预警会互相矛盾：{'、'.join(named)}",
        f"the lines of {len(broken)} bindings would contradict each other: {', '.join(named)}",
        fields={path: [reason for each in broken[:NAMED] for reason in each.reasons()]},
        fixes=_FIXES,
    )


def _faults_of(error: LinesError) -> Faults:
    return [(path, reason) for path, reasons in error.fields.items() for reason in reasons]


def _dangling(row: BindingRow, goal: GoalRow | None, standard: Inheritable | None) -> Faults:
    found: Faults = []
    if row.goal and goal is None:
        found.append(("$.goal", f"没有目标 {row.goal} (there is no goal {row.goal})"))
    if row.standard and standard is None:
        found.append(
            (
                "$.standard",
                f"没有生效的标准 {row.standard} (no standard {row.standard} is in force)",
            )
        )
    if standard and criterion_of(standard.criteria, row.indicator) is None:
        found.append(no_criterion(row.standard or "", row.indicator))
    return found


def _other_cell(row: BindingRow, goal: GoalRow | None) -> Faults:
    if goal is None or (
        (goal.scope, goal.period) == (row.scope, row.period)
        and goal.indicator in {None, row.indicator}
    ):
        return []
    reason = (
        f"目标针对 {goal.indicator or '任一指标'} {goal.scope} {goal.period}，与绑定不同"
        " (the goal is about another cell: take one of this cell)"
    )
    return [("$.goal", reason)]


def differs(row: object, values: Mapping[str, Any]) -> bool:
    """Return whether a row says anything else than ``values``."""
    return any(getattr(row, name) != value for name, value in values.items())


def assign(row: object, values: Mapping[str, Any]) -> bool:
    """Set what differs; return whether anything did."""
    changed = differs(row, values)
    for name, value in values.items():
        setattr(row, name, value)
    return changed


def day_of(at: datetime) -> date:
    """Return the campus date of an instant."""
    return at.astimezone(CAMPUS).date()
