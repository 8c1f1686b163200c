"""The number that a first visit follows: that of the gravest open alert."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from gateway.portal.queries.holes import maybe
from gateway.portal.queries.services import Services, list_of, read_answer
from gateway.portal.schemas import Alert
from gateway.portal.schemas.alerting import Mending

LOOKED_AT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """An alert on a number, and the addresses that follow from it."""

    alert: Alert
    number: Mapping[str, str]


async def followed(services: Services) -> Followed | None:
    """Return the number of the gravest open alert that the visitor may see; his own first.

    Of those that are as grave that of the newest period.
    """
    for mine in ("true", None):
        alerts = (await maybe(_alerts(services, mine))).value or []
        found = [each for each in alerts if each.indicator]
        gravest = [each for each in found if each.severity is found[0].severity]
        alert = max(gravest, key=lambda each: each.period.partition(":")[2], default=None)
        if alert is not None:
            return Followed(alert=alert, number=await _number(services, alert))
    return None


async def _alerts(services: Services, mine: str | None) -> list[Alert]:
    answer = await services.get(
        "alert", "alerts", mine=mine, state="open", sort="gravest", limit=LOOKED_AT
    )
    return read_answer(TypeAdapter(list[Alert]), "alert", answer)


async def _number(services: Services, alert: Alert) -> dict[str, str]:
    key = str(alert.id)
    work = (await maybe(list_of(services, "spiral", "corrections", Mending, alert=key))).value
    return {
        "alert": key,
        "scope": alert.scope,
        "period": alert.period,
        "cell": f"{alert.indicator}|{alert.scope}|{alert.period}",
        "correction": str(work[0].id) if work else "",
    }
