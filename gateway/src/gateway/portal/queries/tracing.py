"""One number followed from its rows to what is told of it."""

from collections.abc import Sequence
from typing import Any, Final

from gateway.portal.domain.listing import ROWS
from gateway.portal.queries.data import explain
from gateway.portal.queries.holes import Found, all_of
from gateway.portal.queries.services import Services, list_of, names
from gateway.portal.schemas import Alert, Correction, OpenCycle
from gateway.portal.schemas.reports import Report
from gateway.portal.schemas.tracing import Attainment

NEWEST: Final = 10


async def trace(services: Services, indicator: str, scope: str, period: str) -> dict[str, Any]:
    """Return what each service knows of a number: rows, value, judgement, alert, work, report."""
    cell = {"scope": scope, "indicator": indicator}
    parts: dict[str, Found[Any]] = await all_of(
        source=explain(services, f"{indicator}|{scope}|{period}"),
        judged=list_of(services, "target", "attainments", Attainment, period=period, **cell),
        alerts=list_of(services, "alert", "alerts", Alert, limit=ROWS, **cell),
        corrections=list_of(services, "spiral", "corrections", Correction, scope=scope, limit=ROWS),
        cycles=list_of(services, "spiral", "cycles", OpenCycle, scope=scope, limit=NEWEST),
        reports=list_of(
            services, "report", "reports", Report, scope=scope, period=period, limit=NEWEST
        ),
    )
    alerts = [each for each in parts["alerts"].value or () if each.period == period]
    mine = {each.id for each in alerts}
    work = [
        each
        for each in parts["corrections"].value or ()
        if each.indicator == indicator or each.id in mine
    ]
    cycles = [each for each in parts["cycles"].value or () if each.period == period]
    known = await names(services, _people(scope, alerts, work, parts["judged"].value or ()))
    told = {"found_alerts": alerts, "found_work": work, "found_cycles": cycles}
    return {**parts, **told, "names": known, "units": await services.units.get()}


def _people(scope: str, *lists: Sequence[Any]) -> list[str]:
    return [scope, *(each.owner for rows in lists for each in rows if each.owner)]
