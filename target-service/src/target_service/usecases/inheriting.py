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
from target_service.domain.judge import Rules
from target_service.domain.limits import read_limit
from target_service.domain.lines import Lines, LinesError, Tier, inherit, refuse
from target_service.domain.scoring import faults_of_scoring
from target_service.domain.units import Faults
from target_service.repository import chain, names
from target_service.repository.chain import read_lines
from target_service.tables import BindingRow, GoalRow, StandardRow
from target_service.usecases.facts import publish_binding
from target_service.usecases.judging import judge_bindings

NAMED: Final = 20
"""So many bindings are named in a refusal."""

_ORDER: Final = (
    "收紧时先改目标再改标准，放宽时先改标准再改目标"
    " (to tighten, change the goal first and then the standard; to loosen, the standard first)"
)
_OWN: Final = (
    "POST /api/target/v1/bindings 给绑定自己的 target 或 tiers，它便不再继承这条线"
    " (give the binding a target or tiers of its own: it inherits that line no more)"
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
    faults: Faults

    def reasons(self) -> list[str]:
        """Return which line contradicts what, and where the lines come from."""
        goal = None if self.row.target else self.row.goal
        sources = {"target ← 目标 goal": goal, "tiers ← 标准 standard": self.row.standard}
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
    broken = await line_up(tx, bindings, at)
    if broken:
        raise _breaks("$.target", broken)
    await judge_bindings(tx, [row.key for row in bindings], at, rules)


async def line_up(tx: Transaction, bindings: Sequence[BindingRow], at: datetime) -> list[Broken]:
    """Let bindings inherit anew; return those whose lines would contradict."""
    broken: list[Broken] = []
    for row in bindings:
        try:
            changed = await take_lines(tx, row, day_of(at))
        except LinesError as error:
            broken.append(Broken(row=row, faults=_faults_of(error)))
            continue
        if changed:
            await publish_binding(tx, row, at)
    return broken


async def take_lines(
    tx: Transaction, row: BindingRow, day: date, unknown: Faults | None = None
) -> bool:
    """Give a binding the lines in force on a day; return whether they differ from before.

    Args:
        unknown: what else it refers to that is not there.

    Raises:
        LinesError: they contradict each other, or its goal is about another cell.
        UnknownReferenceError: what it refers to is not there.
    """
    goal = await chain.find_goal_in_force(tx, row.goal)
    standard = await chain.find_standard_in_force(tx, row.standard, day) if row.standard else None
    dangling = _dangling(row, goal, standard)
    own = read_lines(row.target, row.tiers, row.warning)
    inherited = _inherited(own, goal.target if goal else None, standard.tiers if standard else {})
    units = await names.units_of(tx, [row.indicator])
    found = faults_of_lines(
        inherited,
        AlertFrom(row.alert_from),
        units.get(row.indicator, ""),
        is_complete=not dangling,
    )
    scoring = faults_of_scoring(row.scoring, "$.scoring") if row.scoring else []
    refuse([*_other_cell(row, goal), *found, *scoring], [*(unknown or []), *dangling])
    return assign(
        row,
        {
            "target_in_force": row.target or (goal.target if goal else None),
            "tiers_in_force": {**(standard.tiers if standard else {}), **row.tiers},
            "standard_version": standard.version if standard else None,
        },
    )


async def refuse_broken_bindings(
    tx: Transaction, bindings: Sequence[BindingRow], tiers: Mapping[str, Any]
) -> None:
    """Refuse tiers of a standard that contradict the lines of its bindings.

    Raises:
        BreaksBindingsError: it names them.
    """
    broken: list[Broken] = []
    units = await names.units_of(tx, [row.indicator for row in bindings])
    for row in bindings:
        goal = await chain.find_goal_in_force(tx, row.goal)
        own = read_lines(row.target, row.tiers, row.warning)
        inherited = _inherited(own, goal.target if goal else None, tiers)
        found = faults_of_lines(inherited, AlertFrom(row.alert_from), units.get(row.indicator, ""))
        if found:
            broken.append(Broken(row=row, faults=found))
    if broken:
        raise _breaks("$.tiers", broken)


def _inherited(own: Lines, target: Any, tiers: Mapping[str, Any]) -> Lines:
    return inherit(
        own,
        target=read_limit(target) if target else None,
        tiers={Tier(name): read_limit(limit) for name, limit in tiers.items()},
    )


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


def _dangling(row: BindingRow, goal: GoalRow | None, standard: StandardRow | None) -> Faults:
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
