"""What every question about measured values has in common: who asks, of what, for when."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Query

from datahub.dictionary.api import Known
from datahub.dictionary.api.seeing import Eyes, Looks
from datahub.dictionary.domain.document import Faults
from datahub.indicators.domain.asking import check_measured, find_indicators, refuse
from datahub.indicators.domain.comparing import Group, group_of
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.few import SMALLEST_GROUP
from datahub.indicators.domain.statistics import quartiles
from datahub.indicators.queries.reading import Reading, Which, open_reading
from datahub.indicators.queries.scopes import list_scopes
from datahub.indicators.repository import following
from shared.contracts.vocabulary import PeriodKey, ScopeKey
from shared.kit.admin import Db
from shared.kit.identity import Caller, current_caller, require

READ: Final = [Depends(require("datahub:read"))]
PERSONAL: Final = "datahub:personal"
"""To see what groups of fewer than five persons come to."""

TAGS: Final = ["indicators 指标"]

APART: Final = (
    "没有可比数值的对象另列原因：`masked` 少于 5 人，`thin` 覆盖率低于 0.6，"
    "`not-measured` 尚未测得等。"
    " Scopes without a comparable value are told apart, with the reason."
)

ScopeKind = Literal["school", "unit", "major", "course", "class", "group", "teacher", "student"]
PeriodKind = Literal["day", "week", "month", "term", "ayear", "year", "plan", "span"]

AskedIndicator = Annotated[
    str,
    Query(
        max_length=80, description="指标编号 · id of an indicator", examples=["course_pass_rate"]
    ),
]
AskedScope = Annotated[ScopeKey, Query(description="诊改对象 · a scope", examples=["course/C0001"])]
AskedPeriod = Annotated[
    PeriodKey, Query(description="周期 · a period", examples=["term:2026-2027-1"])
]
AskedKind = Annotated[
    ScopeKind,
    Query(alias="scopeKind", description="对象的种类 · kind of scope", examples=["course"]),
]
AskedParent = Annotated[
    ScopeKey | None,
    Query(
        description="只要直属于它的对象 · only those right beneath this scope",
        examples=["unit/JZGC"],
    ),
]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where questions are asked: who asks, and under which dictionary."""

    db: Db
    dictionary: Known
    caller: Caller
    eyes: Eyes

    @asynccontextmanager
    async def open(self, *, seconds: float | None = None) -> AsyncGenerator[Reading]:
        """Yield what reads measured values for the caller, in one transaction.

        Args:
            seconds: that one statement may take; with it, all see the same state.
        """
        seen = await self.eyes.scopes()
        async with self.db.transaction() as tx:
            if seconds is not None:
                await following.use_one_snapshot(tx, seconds)
            sees_persons = self.caller.may(PERSONAL)
            yield await open_reading(tx, self.dictionary, sees_persons=sees_persons, seen=seen)


async def get_desk(
    db: Db,
    dictionary: Known,
    caller: Annotated[Caller, Depends(current_caller)],
    eyes: Looks,
) -> Desk:
    """Return where the caller asks."""
    return Desk(db, dictionary, caller, eyes)


Asks = Annotated[Desk, Depends(get_desk)]


def asked_for(
    reading: Reading,
    indicator: str,
    scope_kind: str,
    period_kind: str,
    fields: tuple[str, str] = ("query.indicator", "query.period"),
) -> Indicator:
    """Return an indicator that is measured for these kinds.

    Args:
        fields: where the indicator and the period were given.

    Raises:
        QuestionInvalidError: there is none of that id, or it is not.
    """
    faults = Faults()
    found = find_indicators(reading.indicators, [indicator], faults, fields[0])
    check_measured(found, scope_kind, period_kind, faults, fields[1])
    refuse(faults)
    return found[0]


async def members_of(reading: Reading, kind: str, parent: str | None) -> list[str]:
    """Return the scopes of a kind, those right beneath a parent if one is named.

    Raises:
        QuestionInvalidError: nothing of that kind lies beneath it.
    """
    found = reading.seen_among(await list_scopes(reading.tx, kind, parent))
    if not found and parent is not None:
        faults = Faults()
        faults.add(
            "query.parent",
            f"{parent} 之下没有 {kind} (no {kind} lies right beneath it)：GET /scopes?kind={kind}",
        )
        refuse(faults)
    return found


async def group_in(
    reading: Reading,
    indicator: str,
    kind: str,
    period: str,
    members: list[str] | None,
    *,
    of_all: bool = False,
) -> Group:
    """Return what the scopes of a kind came to in one period.

    Args:
        members: only these; None for all that were told, and all that were measured.
        of_all: also of those that the reader does not see, where there are enough of them: what
            is told of the group then names none of them.
    """
    which = Which(indicators=[indicator], periods=[period], scopes=members, kind=kind)
    known = await list_scopes(reading.tx, kind, None) if members is None else members
    if of_all:
        whole = group_of(await reading.group(which, of_all=True), known)
        if len(whole.values) >= SMALLEST_GROUP:
            return whole
    return group_of(await reading.group(which), reading.seen_among(known))


async def beneath(reading: Reading, kind: str, parent: str | None) -> list[str] | None:
    """Return the scopes that a group is made of; None for all of the kind."""
    return None if parent is None else await members_of(reading, kind, parent)


def plain(number: Any) -> str | None:
    """Return a decimal as text, without an exponent; None stays None."""
    return None if number is None else f"{number:f}"


def example(document: Any) -> dict[int | str, dict[str, Any]]:
    """Return how an operation tells its answer by an example."""
    return {200: {"content": {"application/json": {"example": document}}}}


def kind_of_scope(scope: str) -> str:
    """Return the kind of a scope."""
    return scope.partition("/")[0]


def quartiles_of(values: list[Decimal]) -> dict[str, str | None]:
    """Return the quartiles as they are told; nothing of no values."""
    if not values:
        return dict.fromkeys(("q1", "median", "q3"))
    return {name: plain(each) for name, each in asdict(quartiles(values)).items()}
