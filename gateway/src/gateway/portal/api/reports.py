"""S10, the report centre: the list of reports, and one of them with the work on it."""

from functools import partial
from typing import Any, Final, Literal
from urllib.parse import quote
from uuid import UUID

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
from gateway.portal.domain import report_forms, report_text
from gateway.portal.domain.listing import pages_of
from gateway.portal.domain.refusals import RefusedError
from gateway.portal.domain.words import Words
from gateway.portal.queries import reporting as queries
from gateway.portal.queries.services import Listed, Services, names
from gateway.portal.schemas.reports import ReportWhole
from shared.kit.clock import CAMPUS

router = APIRouter(include_in_schema=False)

PAGE: Final = "/reports"
STATES: Final = ("draft", "submitted", "reviewed", "issued", "superseded", "replaced")
FILTERS: Final = ("kind", "state", "scope", "period")
STEPS: Final = ("draft", "submitted", "reviewed", "issued")
"""The way of a report, from its first words to its files."""

ROOM: Final = 1_000_000
"""Bytes of a form: a section may have hundreds of places of two hundred characters."""

Step = Literal["submission", "review", "return", "signature", "issue", "comments"]


@router.get(PAGE)
async def reports_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the reports that fit what is asked, the newest first."""
    return await _list(request, visitor, NO_TROUBLE)


@router.post("/portal/report-making")
async def make(request: Request, visitor: SignedIn) -> Response:
    """Make a report; of unchanged facts, go to the one that is there."""

    async def work(services: Services, given: Given) -> str:
        answer = await services.act("report", "reports", report_forms.making(given, CAMPUS))
        done = "report-made" if answer.status == 201 else "report-there"
        return told_done(f"{PAGE}/{quote(str(answer.json()['id']))}", done)

    return await act(request, visitor, work, partial(_list, request, visitor), "make")


@router.get(PAGE + "/{report}")
async def report_page(request: Request, visitor: MaybeVisitor, report: UUID) -> Response:
    """Answer a report: its text, what is wrong with it, and what can be done."""
    return await _one(request, visitor, report, NO_TROUBLE)


@router.post("/portal/report-writing/{report}/{section}")
async def write(request: Request, visitor: SignedIn, report: UUID, section: str) -> Response:
    """Keep what somebody wrote into a section, on the version that he saw."""

    async def work(services: Services, given: Given) -> str:
        content = (await queries.get_report(services, report)).content
        places = [
            place
            for each in content.get("sections", ())
            if each["key"] == section
            for place in report_text.places_of(each)
        ]
        texts = report_text.written(places, given)
        version = given.get("version", "")
        expect = int(version) if version.isdecimal() else None
        if texts:
            path = f"reports/{report}/texts"
            await services.act("report", path, {"texts": texts}, expect=expect, method="PUT")
        return told_done(f"{PAGE}/{report}", "written") + f"#s-{quote(section)}"

    again = partial(_one, request, visitor, report)
    return await act(request, visitor, work, again, f"text-{section}", room=ROOM)


@router.post("/portal/report-steps/{step}/{report}")
async def take_step(request: Request, visitor: SignedIn, step: Step, report: UUID) -> Response:
    """Hand a report in, let it pass or send it back, sign it, issue it, remark on it."""

    async def work(services: Services, given: Given) -> str:
        path = "review" if step == "return" else step
        await services.act("report", f"reports/{report}/{path}", _said(step, given))
        return told_done(f"{PAGE}/{report}", f"report-{step}")

    return await act(request, visitor, work, partial(_one, request, visitor, report), step)


@router.post("/portal/report-remarks/{remark}/{report}")
async def settle(request: Request, visitor: SignedIn, remark: UUID, report: UUID) -> Response:
    """Note that a remark is settled."""

    async def work(services: Services, _given: Given) -> str:
        await services.act("report", f"reports/{report}/comments/{remark}/settlement", None)
        return told_done(f"{PAGE}/{report}", "written")

    return await act(request, visitor, work, partial(_one, request, visitor, report), "settle")


def _said(step: Step, given: Given) -> dict[str, Any] | None:
    if step in {"review", "return"}:
        return {"approve": step == "review", "reason": given.get("reason", "")}
    if step == "signature":
        return {"role": given.get("role", "")}
    if step == "comments":
        return {name: given.get(name, "") for name in ("section", "text")}
    return None


async def _list(request: Request, visitor: Visitor | None, trouble: Trouble) -> Response:
    wanted = {name: request.query_params.get(name) or None for name in FILTERS}
    number = page_number(request)

    async def load(services: Services, words: Words) -> dict[str, Any]:
        unfit = ""
        try:
            listed = await queries.reports(services, number, **wanted)
        except RefusedError as error:
            listed = Listed(rows=[], total=0)
            unfit = error.en if words.language == "en" else error.zh
            unfit += "".join(f"；{'；'.join(each)}" for each in error.fields.values())
        known = await names(services, [each.created_by for each in listed.rows])
        told = {"listed": listed, "kinds": await queries.kinds(services), "names": known}
        told |= {"wanted": wanted, "number": number, "states": STATES, "unfit": unfit}
        return told | {"pages": pages_of(listed.total)}

    return await show(request, visitor, "reports.html", load, trouble)


async def _one(
    request: Request, visitor: Visitor | None, report: UUID, trouble: Trouble
) -> Response:
    place = request.query_params.get("place", "")
    remade = "remade" in request.query_params

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        one = await queries.get_report(services, report)
        draft = await queries.get_draft(services, report)
        told = {"one": one, "draft": draft, "steps": STEPS, "cover": one.content.get("cover", {})}
        told |= await queries.around(services, one, draft)
        told |= _document(one)
        told["beside"] = ("reason", "role", *(f"texts['{each}']" for each in told["labels"]))
        told["versions"] = await queries.text_versions(services, report, place) if place else []
        told["remade"] = await queries.remade(services, report) if remade else None
        return told | {"place": place}

    return await show(request, visitor, "report.html", load, trouble)


def _document(one: ReportWhole) -> dict[str, Any]:
    """Return the sections as the page shows them: with their figures, and where people write."""
    sections = one.content.get("sections", [])
    places = {each["key"]: report_text.places_of(each) for each in sections}
    labels = {each.key: each.label for found in places.values() for each in found}
    homes = {each.key: key for key, found in places.items() for each in found}
    figures = {
        # Safe: what is kept of a figure are shapes and texts, written anew.
        block.get("key"): Markup(report_text.drawing(block.get("svg", "")))  # noqa: S704
        for each in sections
        for block in each.get("blocks", ())
        if block["block"] == "chart"
    }
    told = {"sections": sections, "notes": one.content.get("notes", []), "figures": figures}
    return told | {"places": places, "labels": labels, "homes": homes}
