"""Values that people hand in: entered, revised, approved, rejected, withdrawn; read."""

from typing import Annotated, Any, Final

from fastapi import Body, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from datahub.dictionary.api import Known
from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.api.asking import PERSONAL, READ, TAGS
from datahub.indicators.domain.handed import HandedNotFoundError, State
from datahub.indicators.domain.masking import HIDDEN, SMALLEST_GROUP, Mask
from datahub.indicators.queries import handed as told
from datahub.indicators.repository import following
from datahub.indicators.schemas import HandIn, Reason
from datahub.indicators.usecases import handing
from datahub.indicators.usecases.handing import Decider
from shared.contracts.vocabulary import PeriodKey, ScopeKey
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.database import Transaction
from shared.kit.etags import Expect, etag_of, unless_not_modified
from shared.kit.identity import Caller, current_caller, require
from shared.kit.paging import Page, after_text, answer_page, page

router = new_router(tags=TAGS)

WRITE: Final = "datahub:write"
APPROVE: Final = "datahub:approve"
OPEN: Final = Mask({}, sees_persons=True)
EXAMPLE: Final = {
    "indicator": "employers_content",
    "scope": "major/440501",
    "period": "year:2025",
    "value": "0.875",
    "n": 64,
    "link": "https://survey.example.edu/2026",
    "note": "电话与问卷",
}

Writer = Annotated[Caller, Depends(require(WRITE))]
Approver = Annotated[Caller, Depends(require(APPROVE))]
Reader = Annotated[Caller, Depends(current_caller)]
Asked = Annotated[HandIn, Body(examples=[EXAMPLE])]
Why = Annotated[Reason, Body(examples=[{"reason": "佐证是去年的调查"}])]


@router.post("/handed-in", summary="填报一个值", status_code=201)
async def hand_in(
    db: Db, dictionary: Known, caller: Writer, asked: Asked, response: Response
) -> dict[str, Any]:
    """It waits until somebody else approves it; only then it is a measured value.

    What is measured by a formula is not replaced (409 `measured-already`); of a cell for which a
    value is there, that one is revised (409 `handed-state` names it).
    """
    async with db.transaction() as tx:
        known = {each.id: each for each in await following.list_indicators(tx, dictionary)}
        key = await handing.enter(tx, asked.entry(), caller.subject, known)
        found = await told.find(tx, key)
    assert found is not None
    response.headers["Location"] = f"/v1/handed-in/{key}"
    response.headers["ETag"] = etag_of(found["version"])
    return shown(found, caller)


@router.get("/handed-in", summary="填报的值", dependencies=READ)
async def list_handed_in(  # noqa: PLR0913, PLR0917 — the query parameters of the contract
    response: Response,
    db: Db,
    dictionary: Known,
    caller: Reader,
    asked: Annotated[Page, Depends(page)],
    state: State | None = None,
    indicator: Annotated[str | None, Query(max_length=80)] = None,
    scope: ScopeKey | None = None,
    period: PeriodKey | None = None,
) -> list[dict[str, Any]]:
    """In the order in which they were handed in; `counts` is what is shown as measured now."""
    which = {"state": state, "indicator": indicator, "scope": scope, "period": period}
    async with db.transaction() as tx:
        rows = await told.page(
            tx, which, limit=asked.limit, offset=asked.offset, after=after_text(asked)
        )
        total = await told.count(tx, which) if asked.total_count else None
        mask = await _mask(tx, dictionary, caller)
    more = [rows[-1]["id"]] if len(rows) == asked.limit else None
    answer_page(response, asked, total=total, next_after=more)
    return [shown(each, caller, mask) for each in rows]


@router.get(
    "/handed-in/{handed}", summary="一条填报", dependencies=READ, response_model=dict[str, Any]
)
async def get_handed_in(
    request: Request, response: Response, db: Db, dictionary: Known, caller: Reader, handed: str
) -> Any:
    async with db.transaction() as tx:
        found = await told.find(tx, handed)
        mask = await _mask(tx, dictionary, caller)
    if found is None:
        raise HandedNotFoundError(f"没有填报 {handed}", f"no value {handed} was handed in")
    return unless_not_modified(request, response, found["version"]) or shown(found, caller, mask)


async def _mask(tx: Transaction, dictionary: Dictionary, caller: Caller) -> Mask:
    in_force = await following.list_indicators(tx, dictionary)
    return Mask.of(in_force, sees_persons=caller.may(PERSONAL))


@router.put("/handed-in/{handed}", summary="修订一条填报")
async def revise_handed_in(
    db: Db, dictionary: Known, caller: Writer, handed: str, asked: Asked, expect: Expect
) -> JSONResponse:
    """The answer is another entry; it replaces the old one, an approved one with its approval."""
    async with db.transaction() as tx:
        known = {each.id: each for each in await following.list_indicators(tx, dictionary)}
        entry = asked.entry()
        key = await handing.revise(tx, handed, entry, caller.subject, known, expect)
        found = await told.find(tx, key)
    assert found is not None
    headers = {"Location": f"/v1/handed-in/{key}", "ETag": etag_of(found["version"])}
    return JSONResponse(_plain(shown(found, caller)), headers=headers)


@router.post("/handed-in/{handed}/approval", summary="批准一条填报")
async def approve_handed_in(
    db: Db, caller: Approver, handed: str, expect: Expect
) -> dict[str, Any]:
    """By another person than who entered it (403 `own-value`)."""
    async with db.transaction() as tx:
        await handing.approve(tx, handed, caller.subject, expect)
        found = await told.find(tx, handed)
    assert found is not None
    return shown(found, caller)


@router.post("/handed-in/{handed}/rejection", summary="退回一条填报")
async def reject_handed_in(
    db: Db, caller: Approver, handed: str, why: Why, expect: Expect
) -> dict[str, Any]:
    """By another person than who entered it, with the reason; it can be revised then."""
    async with db.transaction() as tx:
        await handing.reject(tx, handed, caller.subject, why.reason, expect)
        found = await told.find(tx, handed)
    assert found is not None
    return shown(found, caller)


@router.post("/handed-in/{handed}/withdrawal", summary="撤回一条填报")
async def withdraw_handed_in(
    db: Db, caller: Writer, handed: str, why: Why, expect: Expect
) -> dict[str, Any]:
    """What is approved is taken back by an approver who did not enter it."""
    by = Decider(caller.subject, caller.may(APPROVE))
    async with db.transaction() as tx:
        await handing.withdraw(tx, handed, by, why.reason, expect)
        found = await told.find(tx, handed)
    assert found is not None
    return shown(found, caller)


def shown(row: dict[str, Any], caller: Caller, mask: Mask = OPEN) -> dict[str, Any]:
    """Return a value with what the caller may do with it.

    Args:
        mask: of one who only reads: whoever hands in or decides sees what it is about.
    """
    is_other = row["entered_by"] != caller.subject and caller.subject.startswith("person/")
    decides = caller.may(APPROVE) and is_other
    writes = caller.may(WRITE)
    state = row["state"]
    may = {
        "approve": decides and state == "waiting",
        "reject": decides and state == "waiting",
        "revise": writes and state in {"waiting", "rejected", "approved"},
        "withdraw": writes
        and (state in {"waiting", "rejected"} or (decides and state == "approved")),
    }
    return {**masked(row, caller, mask), "may": may}


def masked(row: dict[str, Any], caller: Caller, mask: Mask) -> dict[str, Any]:
    """Return a value as the caller may see it: what few people say is for few to see."""
    sees = any(caller.may(each) for each in (PERSONAL, WRITE, APPROVE))
    is_closed = row["n"] < SMALLEST_GROUP or mask.closes(row["indicator"], row["scope"])
    return row | dict.fromkeys(HIDDEN) if is_closed and not sees else row


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "entered_at": row["entered_at"].isoformat()}
