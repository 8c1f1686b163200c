"""The culture of quality (质量文化): the index, who takes part, what was done, what it brought."""

from datetime import timedelta
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from gateway.access.api import SignedIn
from gateway.access.schemas import Visitor
from gateway.portal.api.screens import (
    NO_TROUBLE,
    Given,
    MaybeVisitor,
    Trouble,
    act,
    show,
    told_done,
)
from gateway.portal.domain.words import Words
from gateway.portal.queries import saying
from gateway.portal.queries.services import Services, names
from gateway.portal.queries.sheets import school
from shared.kit.clock import CAMPUS, now

router = APIRouter(include_in_schema=False)

PAGE: Final = "/culture"
LEVELS: Final = ("awareness", "identification", "construction")
MEASURES: Final = ("spirit", "material", "institution", "conduct")
YEARS: Final = 3
SINCE: Final = timedelta(days=365)
"""Days in which taking part is counted."""


@router.get(PAGE)
async def culture_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer how far the culture of quality has grown in a year, of the school or a scope."""
    return await _page(request, visitor, NO_TROUBLE)


@router.post("/portal/culture/campaigns")
async def record(request: Request, visitor: SignedIn) -> Response:
    """Record something that was done for it."""

    async def work(services: Services, given: Given) -> str:
        body: dict[str, Any] = {**given}
        digest, name = body.pop("evidence", ""), body.pop("evidence_name", "")
        body["materials"] = [{"digest": digest, "name": name}] if digest else []
        await services.act("spiral", "culture/campaigns", body)
        return told_done(f"{PAGE}?of={given.get('scope', '')}", "campaign")

    return await act(request, visitor, work, partial(_page, request, visitor), "campaign")


async def _page(request: Request, visitor: Visitor | None, trouble: Trouble) -> Response:
    asked = request.query_params
    today = now().astimezone(CAMPUS).date()

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        of = asked.get("of", "").strip() or await school(services)
        period = asked.get("period", "").strip() or f"year:{today.year}"
        days = ((today - SINCE).isoformat(), today.isoformat())
        found: dict[str, Any] = await saying.culture(services, of, period, days)
        found |= {"of": of, "period": period, "today": today, "names": await names(services, [of])}
        years = [f"year:{today.year - each}" for each in range(YEARS)]
        return found | {"years": years, "grades": LEVELS, "measures": MEASURES}

    return await show(request, visitor, "culture.html", load, trouble)
