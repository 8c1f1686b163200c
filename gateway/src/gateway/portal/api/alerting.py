"""S6, one alert: what was crossed, its life, who was told, and what can be done; and silences."""

from decimal import Decimal
from functools import partial
from typing import Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from gateway.access.api import SignedIn
from gateway.access.schemas import Visitor
from gateway.portal.api.screens import (
    NO_TROUBLE,
    Given,
    MaybeVisitor,
    Trouble,
    act,
    page_number,
    show,
    told_done,
)
from gateway.portal.domain import rule_forms
from gateway.portal.domain.cycle_forms import end_of_day
from gateway.portal.domain.series import Line, Point, draw_series
from gateway.portal.domain.texts import period_text
from gateway.portal.domain.words import Words
from gateway.portal.queries import alerting as queries
from gateway.portal.queries.services import Services, names
from gateway.portal.schemas.alerting import AlertWhole
from gateway.portal.schemas.goals import Series
from shared.contracts import wording
from shared.kit.clock import CAMPUS

router = APIRouter(include_in_schema=False)

PAGE: Final = "/alerts"
SILENCES: Final = "/silences"
STATES: Final = ("active", "resting", "pending", "expired")

Act = Literal["acknowledgement", "assignment", "dismissal"]


@router.get(PAGE + "/{key}")
async def alert_page(request: Request, visitor: MaybeVisitor, key: str) -> Response:
    """Answer an alert."""
    return await _alert(request, visitor, key, NO_TROUBLE)


@router.post("/portal/alerts/{what}/{key}")
async def take_act(request: Request, visitor: SignedIn, what: Act, key: str) -> Response:
    """Acknowledge an alert, name who answers for it, or dismiss it."""

    async def work(services: Services, given: Given) -> str:
        version = given.get("version", "")
        # What is acknowledged in between by a newer value is acknowledged all the same.
        expect = int(version) if version.isdecimal() and what != "acknowledgement" else None
        path = f"alerts/{quote(key, safe='')}/{what}"
        await services.act("alert", path, _said(what, given), expect=expect)
        return told_done(f"{PAGE}/{quote(key)}", f"alert-{what}")

    return await act(request, visitor, work, partial(_alert, request, visitor, key), what)


@router.get(SILENCES)
async def silences_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the silences, and the form for another one."""
    return await _silences(request, visitor, NO_TROUBLE)


@router.post("/portal/silences")
async def silence(request: Request, visitor: SignedIn) -> Response:
    """Make a silence."""

    async def work(services: Services, given: Given) -> str:
        body = rule_forms.silence(given, end_of_day(given.get("ends_at", ""), CAMPUS))
        await services.act("alert", "silences", body)
        return told_done(SILENCES, "silence-made")

    return await act(request, visitor, work, partial(_silences, request, visitor), "silence")


@router.post("/portal/silences/expiry/{key}")
async def end_silence(request: Request, visitor: SignedIn, key: str) -> Response:
    """End a silence now."""

    async def work(services: Services, _given: Given) -> str:
        await services.act("alert", f"silences/{quote(key, safe='')}/expiry", None)
        return told_done(SILENCES, "silence-ended")

    return await act(request, visitor, work, partial(_silences, request, visitor), "expiry")


def _said(what: Act, given: Given) -> dict[str, str]:
    said = {name: each for name, each in given.items() if name != "version"}
    if "owner" in said and "/" not in said["owner"]:
        said["owner"] = f"teacher/{said['owner']}"
    if "until" in said:
        said["until"] = end_of_day(said["until"], CAMPUS)
    return said if what != "acknowledgement" else {"note": given.get("note", "")}


async def _alert(request: Request, visitor: Visitor | None, key: str, trouble: Trouble) -> Response:
    async def load(services: Services, words: Words) -> dict[str, Any]:
        alert = await queries.get_alert(services, key)
        beside = await queries.around(services, alert)
        return {"one": alert, "figure": _figure(alert, beside["series"].value, words), **beside}

    return await show(request, visitor, "alert.html", load, trouble)


async def _silences(request: Request, visitor: Visitor | None, trouble: Trouble) -> Response:
    asked = request.query_params.get("state")
    state = asked if asked in STATES else None
    number = page_number(request)

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        listed = await queries.silences(services, number, state)
        people = [key for each in listed.rows for key in (each.author, each.expired_by)]
        told = {"listed": listed, "names": await names(services, people), "number": number}
        told |= {"states": STATES, "state": state, "wanted": {"state": state}}
        return told | {"labels": rule_forms.LABELS, "form_rows": rule_forms.MATCHERS}

    return await show(request, visitor, "silences.html", load, trouble)


def _figure(alert: AlertWhole, series: Series | None, words: Words) -> Markup:
    """Return the periods of the value against the line that was crossed."""

    def said(value: str | None) -> str:
        return wording.value_words(value, alert.unit, words.language)

    points = [
        Point(
            period_text(each.period, words),
            None if each.value is None else Decimal(each.value),
            said(each.value),
        )
        for each in (series.periods if series else ())
    ]
    if sum(each.value is not None for each in points) < 2:
        return Markup()
    lines = []
    crossed = alert.crossed
    if crossed is not None and "," not in crossed.value:
        name = f"{words.line(crossed.line)} {words.pick(crossed.words, crossed.words_en)}"
        lines = [Line(crossed.line.value, name, Decimal(crossed.value))]
    spoken = words(
        "series-said", alert.title, "；".join(f"{each.name} {each.said}" for each in points)
    )
    # Safe: the figure escapes every text in it.
    return Markup(draw_series(points, lines, spoken))  # noqa: S704
