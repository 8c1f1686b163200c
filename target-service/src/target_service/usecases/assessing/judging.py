"""Gather what is found of those assessed, reckon their results, and keep both."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from shared.calendar import Calendar
from shared.calendar.table import read_calendar
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.timers import set_timers, take_due
from target_service.domain.assessing.found import Found, Part, read_found, write_found
from target_service.domain.assessing.reckoning import Findings, Result, reckon
from target_service.domain.assessing.results import write_result
from target_service.domain.assessing.scheme import Item, Scheme, Takes
from target_service.domain.assessing.terms import before, days_within
from target_service.domain.periods import days_of
from target_service.repository import assessed_values, assessed_work, assessments
from target_service.repository.assessed_values import Cells, Earlier, Wanted
from target_service.schemas.assessments import SchemeBody
from target_service.tables import AssessmentResultRow, AssessmentRunRow
from target_service.usecases.inheriting import assign

FOLLOW: Final = "assessment"
"""Kind of the timers by which results follow the values until they are published."""

EVERY: Final = timedelta(minutes=5)
"""How far results may lag behind the values; publishing reckons once more. Source: our default."""

_READ: Final = {
    Takes.INDICATOR: assessed_values.measured,
    Takes.PROGRESS: assessed_values.measured,
    Takes.ATTAINMENT: assessed_values.attained,
    Takes.GOALS: assessed_work.goals_attained,
    Takes.TASKS: assessed_work.tasks_done,
}


async def compute(tx: Transaction, run: AssessmentRunRow, at: datetime) -> bool:
    """Reckon the results of a run anew; return whether any differs from before."""
    scheme = await rule_of(tx, run)
    rows = await assessments.list_results(tx, run.key)
    findings = await _find(tx, run, scheme, rows)
    consents = await assessments.consents_to(tx, run.scheme)
    results = reckon(scheme, findings, consents)
    changed = [
        assign(row, _values(scheme, results[row.subject], findings[row.subject], consents))
        for row in rows
    ]
    run.computed_at = at
    await set_timers(tx, FOLLOW, {run.key: at + EVERY})
    return any(changed)


async def follow_values(tx: Transaction) -> bool:
    """Reckon again the runs whose time has come; return whether there were any."""
    due = await take_due(tx, FOLLOW)
    if due is None:
        return False
    for key in await assessments.list_following(tx, due.keys):
        run = await assessments.get_run(tx, key)
        if await compute(tx, run, now()):
            run.version += 1
    return True


async def verify(tx: Transaction, key: str) -> list[str]:
    """Return those assessed whose result does not follow from what was kept.

    Raises:
        NotFoundError: no run has that key.
    """
    run = await assessments.get_run(tx, key)
    if run.computed_at is None:
        return []
    scheme = await rule_of(tx, run)
    rows = await assessments.list_results(tx, run.key)
    findings = {
        row.subject: {item: read_found(each) for item, each in row.found.items()} for row in rows
    }
    consents = frozenset(row.subject for row in rows if row.consented)
    results = reckon(scheme, findings, consents)
    return [
        row.subject
        for row in rows
        if any(
            getattr(row, name) != value
            for name, value in write_result(scheme, results[row.subject]).items()
        )
    ]


async def rule_of(tx: Transaction, run: AssessmentRunRow) -> Scheme:
    """Return the scheme that a run goes by."""
    scheme = await assessments.scheme_of(tx, run)
    return SchemeBody.model_validate(scheme.document).to_rule()


def _values(
    scheme: Scheme, result: Result, found: Mapping[str, Found], consents: frozenset[str]
) -> dict[str, Any]:
    return {
        **write_result(scheme, result),
        "found": {item: write_found(each) for item, each in found.items()},
        "consented": result.subject in consents,
    }


async def _find(
    tx: Transaction, run: AssessmentRunRow, scheme: Scheme, rows: Sequence[AssessmentResultRow]
) -> Findings:
    finder = _Finder(run, scheme, rows, await read_calendar(tx))
    await finder.load(tx)
    return {
        row.subject: {item.key: finder.found(row, item) for item in scheme.items} for row in rows
    }


class _Finder:
    """Reads everything at once, and tells what was found of each for each item."""

    def __init__(
        self,
        run: AssessmentRunRow,
        scheme: Scheme,
        rows: Sequence[AssessmentResultRow],
        calendar: Calendar,
    ) -> None:
        self._run, self._scheme, self._rows, self._calendar = run, scheme, rows, calendar
        told = [run.period, *run.document["also"]]
        self._periods = {each.partition(":")[0]: each for each in told}
        self._cells: dict[Takes, Cells] = {}
        self._earlier: list[Earlier] = []

    async def load(self, tx: Transaction) -> None:
        """Read values, attainments, earlier results, marks and tallies."""
        scopes = {scope for row in self._rows for scope in row.stands_for}
        periods = set(self._periods.values())
        periods |= {earlier for each in periods if (earlier := before(each))}
        days = {each: days_of(each, self._calendar) for each in periods}
        for takes, read in _READ.items():
            keys = {item.of for item in self._scheme.items if item.takes is takes}
            if keys:
                wanted = Wanted(keys=keys, scopes=scopes, periods=periods, days=days)
                self._cells[takes] = await read(tx, wanted)
        schemes = [item.of for item in self._scheme.items if item.takes is Takes.RESULT]
        self._earlier = await assessed_values.published(tx, schemes, scopes) if schemes else []
        self._marks = await assessments.marks_of(tx, self._run.key)
        self._tallies = await assessments.tallies_of(tx, self._run.key)

    def found(self, row: AssessmentResultRow, item: Item) -> Found:
        """Return what was found of one for an item."""
        match item.takes:
            case Takes.MARKS:
                return Found(marks=self._marks.get((row.subject, item.key), {}))
            case Takes.TALLY:
                # Nobody registered anything: no events, which is data.
                return Found(tally=self._tallies.get((row.subject, item.key), {}))
            case Takes.RESULT:
                return Found(parts=tuple(self._results(row, item)))
            case _:
                return self._measured(row, item)

    def _measured(self, row: AssessmentResultRow, item: Item) -> Found:
        kind = item.period_kind or self._run.period.partition(":")[0]
        period = self._periods[kind]
        parts = self._parts(row, item, period)
        earlier = before(period) if item.takes is Takes.PROGRESS else None
        return Found(parts=parts, before=self._parts(row, item, earlier) if earlier else ())

    def _parts(self, row: AssessmentResultRow, item: Item, period: str) -> tuple[Part, ...]:
        cells = self._cells[item.takes]
        return tuple(
            cells.get((item.of, scope, period)) or Part(scope=scope, period=period, value=None)
            for scope in row.stands_for
        )

    def _results(self, row: AssessmentResultRow, item: Item) -> list[Part]:
        """Return the results of the years of a term, by their days; else that of the period."""
        mine = [
            each.part
            for each in self._earlier
            if each.scheme == item.of and each.part.scope in row.stands_for
        ]
        if row.since is None or row.until is None:
            return [each for each in mine if each.period in self._periods.values()]
        weighed = [(each, self._days(each.period, row)) for each in mine]
        return [replace(part, weight=days) for part, days in weighed if days]

    def _days(self, period: str, row: AssessmentResultRow) -> int:
        bounds = self._calendar.bounds(period)
        if bounds is None or row.since is None or row.until is None:
            return 0
        return days_within(bounds, (row.since, row.until))
