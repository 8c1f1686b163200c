"""S15, what is one's own: for teachers, students and those who look after them."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from gateway.portal.api.screens import MaybeVisitor, show
from gateway.portal.domain.words import Words
from gateway.portal.queries import mine as queries
from gateway.portal.queries.services import Services

router = APIRouter(include_in_schema=False)

PAGE: Final = "/mine"


@router.get(PAGE)
async def mine_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer what comes next, one's plan, where one stands, and one's alerts."""

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        told = await queries.mine(services, visitor) if visitor else {}
        return {**told, "actions": queries.ACTIONS}

    return await show(request, visitor, "mine.html", load)
