"""S17, review by experts: rounds of a committee, with comments by clause, votes and outcome."""

from functools import partial
from typing import Any, Final, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request, Response

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
from gateway.portal.domain import review_forms
from gateway.portal.domain.words import Words
from gateway.portal.queries import reviewing as queries
from gateway.portal.queries.services import Services, names
from gateway.portal.schemas.reviews import Round
from shared.kit.clock import CAMPUS

router = APIRouter(include_in_schema=False)

PAGE: Final = "/reviews"
KINDS: Final = (
    *("annual_report", "quality_standards", "post_standards", "goal_system"),
    *("assurance_plan", "smart_campus_plan", "assurance_rules", "other"),
)
BALLOTS: Final = ("approve", "approve_with_changes", "reject", "abstain")
ROOM: Final = 200_000
"""Bytes of a form: a document may have hundreds of clauses."""

Act = Literal["comments", "votes", "decision"]


@router.get(PAGE)
async def reviews_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the rounds, the newest first."""
    return await _list(request, visitor, NO_TROUBLE)


@router.post("/portal/reviews")
async def open_round(request: Request, visitor: SignedIn) -> Response:
    """Lay a version of a document before a committee."""

    async def work(services: Services, given: Given) -> str:
        body = review_forms.opening(given, CAMPUS)
        answer = await services.act("spiral", "review-rounds", body)
        return told_done(f"{PAGE}/{quote(str(answer.json()['id']))}", "review-opened")

    return await act(request, visitor, work, partial(_list, request, visitor), "open", room=ROOM)


@router.get(PAGE + "/{review}")
async def review_page(request: Request, visitor: MaybeVisitor, review: UUID) -> Response:
    """Answer a round: its document by clause, with the version before, comments and votes."""
    return await _one(request, visitor, review, NO_TROUBLE)


@router.post("/portal/review-answers/{comment}/{review}")
async def answer_comment(
    request: Request, visitor: SignedIn, comment: UUID, review: UUID
) -> Response:
    """Say what became of a comment."""

    async def work(services: Services, given: Given) -> str:
        path = f"review-rounds/{review}/comments/{comment}/answer"
        await services.act("spiral", path, review_forms.acting("answer", given))
        return told_done(f"{PAGE}/{review}", "written")

    again = partial(_one, request, visitor, review)
    return await act(request, visitor, work, again, f"answer-{comment}")


@router.post("/portal/reviews/{what}/{review}")
async def take_act(request: Request, visitor: SignedIn, what: Act, review: UUID) -> Response:
    """Comment on a clause, vote, or put the outcome on record."""

    async def work(services: Services, given: Given) -> str:
        body = review_forms.acting(what, given)
        await services.act("spiral", f"review-rounds/{review}/{what}", body)
        return told_done(f"{PAGE}/{review}", f"review-{what}")

    return await act(request, visitor, work, partial(_one, request, visitor, review), what)


async def _list(request: Request, visitor: Visitor | None, trouble: Trouble) -> Response:
    asked = request.query_params
    wanted = {name: asked.get(name) or None for name in ("state", "kind")}
    number = page_number(request)

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        listed = await queries.rounds(services, number, **wanted)
        known = await names(services, [each.author for each in listed.rows])
        told = {"listed": listed, "wanted": wanted, "number": number, "names": known}
        return told | {"kinds": KINDS}

    return await show(request, visitor, "reviews.html", load, trouble)


async def _one(
    request: Request, visitor: Visitor | None, review: UUID, trouble: Trouble
) -> Response:
    async def load(services: Services, _words: Words) -> dict[str, Any]:
        one = await queries.get_round(services, review)
        versions = await queries.versions(services, one.document)
        old = next((each for each in versions if each.number == one.number - 1), None)
        before = {each.clause: each.text for each in old.clauses} if old else {}
        told = {"one": one, "versions": versions, "old": old, "before": before}
        told |= {"body": await queries.name_of_body(services, one.body)}
        return told | {"ballots": BALLOTS, "names": await names(services, _people(one))}

    return await show(request, visitor, "review.html", load, trouble)


def _people(one: Round) -> list[str | None]:
    said = [key for each in one.comments for key in (each.by, each.answered_by)]
    return [one.author, one.opened_by, one.decided_by, *one.members, *said]
