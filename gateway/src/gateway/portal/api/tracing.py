"""S20, trace: one number followed from its source rows to the report."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter, ValidationError

from gateway.portal.api.screens import MaybeVisitor, show
from gateway.portal.domain.words import Words
from gateway.portal.queries import tracing as queries
from gateway.portal.queries.services import Services
from shared.contracts.vocabulary import PeriodKey, is_scope

router = APIRouter(include_in_schema=False)

PAGE: Final = "/trace"
KINDS: Final = (
    *("http", "write", "event", "batch", "change", "measurement", "attainment", "alert"),
    *("correction", "report"),
)
"""What follows from a request, as the trace by its id names it."""


def _is_period(text: str) -> bool:
    try:
        TypeAdapter(PeriodKey).validate_python(text)
    except ValidationError:
        return False
    return True


@router.get(PAGE)
async def trace_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the way of a number: ``?indicator&scope&period``, or ``?cell=`` all three.

    ``?id=`` instead: what followed from a request.
    """
    asked = request.query_params
    parts = asked.get("cell", "").split("|")
    if len(parts) != 3:
        parts = [asked.get(name, "") for name in ("indicator", "scope", "period")]
    indicator, scope, period = (each.strip() for each in parts)

    async def load(services: Services, words: Words) -> dict[str, Any]:
        told: dict[str, Any] = {"indicator": indicator, "scope": scope, "period": period}
        told |= {"id": asked.get("id", "").strip(), "kinds": KINDS}
        told |= {"told": False, "unfit": "", "names": {}, "units": await services.units.get()}
        if told["id"] or (not scope and not period):
            return told
        if not is_scope(scope) or not _is_period(period):
            return told | {"unfit": words("trace-unfit")}
        found = await queries.trace(services, indicator, scope, period)
        return {**told, **found, "told": True, "entities": await services.entities.get()}

    return await show(request, visitor, "trace.html", load)
