"""One alert with everything that belongs to it; and silences."""

from typing import Any, Final
from urllib.parse import quote

from pydantic import TypeAdapter

from gateway.portal.domain.listing import ROWS
from gateway.portal.queries.holes import Found, all_of
from gateway.portal.queries.services import (
    Listed,
    Services,
    list_of,
    names,
    read_answer,
    total_of,
)
from gateway.portal.schemas.alerting import AlertWhole, Mending, Silence, Telling
from gateway.portal.schemas.goals import Series

PERIODS: Final = 12


async def get_alert(services: Services, key: str) -> AlertWhole:
    """Return an alert with its life.

    Raises:
        RefusedError: there is none of that id that the visitor may see.
    """
    answer = await services.find("alert", f"alerts/{quote(key, safe='')}")
    return read_answer(TypeAdapter(AlertWhole), "alert", answer)


async def around(services: Services, alert: AlertWhole) -> dict[str, Any]:
    """Return what stands beside an alert: who was told, its correction, its series, names."""
    parts: dict[str, Found[Any]] = await all_of(
        telling=_telling(services, alert.id),
        mending=_mending(services, alert.id),
        series=_series(services, alert),
    )
    telling = parts["telling"].value or Telling()
    mending = parts["mending"].value
    acted = [key for each in alert.history for key in (each.by, each.owner)]
    people = [each.person for each in (*telling.told, *telling.not_told)]
    own = [alert.owner, alert.supervisor, alert.dismissed_by, alert.acknowledged_by]
    wanted = [*own, *acted, *people, mending.owner if mending else None]
    return {**parts, "names": await names(services, wanted), "units": await services.units.get()}


async def silences(services: Services, page: int, state: str | None) -> Listed:
    """Return a page of silences."""
    first = (page - 1) * ROWS
    answer = await services.find(
        "alert", "silences", limit=ROWS, offset=first, totalCount="true", state=state
    )
    rows = read_answer(TypeAdapter(list[Silence]), "alert", answer)
    return Listed(rows=rows, total=total_of(answer, first + len(rows)))


async def _telling(services: Services, key: str) -> Telling:
    answer = await services.find("alert", f"alerts/{quote(key, safe='')}/notifications")
    return read_answer(TypeAdapter(Telling), "alert", answer)


async def _mending(services: Services, key: str) -> Mending | None:
    found = await list_of(services, "spiral", "corrections", Mending, alert=key, limit=1)
    return next(iter(found), None)


async def _series(services: Services, alert: AlertWhole) -> Series:
    if alert.indicator is None:
        return Series()
    answer = await services.find(
        "datahub",
        "trend",
        indicator=alert.indicator,
        scope=alert.scope,
        periodKind=alert.period.partition(":")[0],
        last=PERIODS,
    )
    return read_answer(TypeAdapter(Series), "datahub", answer)
