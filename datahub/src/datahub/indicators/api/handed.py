"""Values that people hand in: entered, revised, approved, rejected, withdrawn; read."""

from typing import Annotated, Any, Final, Literal

from fastapi import Body, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from datahub.dictionary.api import Known
from datahub.dictionary.api.seeing import Looks
from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.api.asking import READ, TAGS
from datahub.indicators.api.parties import (
    Approver,
    Reader,
    Showing,
    Writer,
    party_of,
)
from datahub.indicators.domain.handed import HandedNotFoundError, State
from datahub.indicators.queries import handed as told
from datahub.indicators.repository import following
from datahub.indicators.schemas import HandIn, Reason
from datahub.indicators.usecases import handing
from shared.contracts.vocabulary import PeriodKey, ScopeKey
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.clock import spell
from shared.kit.database import Transaction
from shared.kit.etags import Expect, etag_of, unless_not_modified
from shared.kit.identity import Caller
from shared.kit.paging import Page, after_text, answer_page, page

router = new_router(tags=TAGS)

EXAMPLE: Final = {
    "indicator": "employers_content",
    "scope": "major/440501",
    "period": "year:2025",
    "value": "0.875",
    "n": 64,
    "link": "https://survey.example.edu/2026",
    "note": "电话与问卷",
}

Asked = Annotated[HandIn, Body(examples=[EXAMPLE])]
Why = Annotated[Reason, Body(examples=[{"reason": "佐证是去年的调查"}])]


async def _is_there(db: Db, caller: Reader, eyes: Looks, handed: str) -> None:
    """Refuse a value that is not there for the caller: he is told nothing of it, by no way."""
    seen = await eyes.scopes()
    if seen is None:
        return
    async with db.transaction() as tx:
        found = await told.find(tx, handed, party_of(caller).owner)
    is_his = found and (found["answers"] or found["entered_by"] == caller.subject)
    if found is None or not (is_his or found["scope"] in seen):
        raise _no_value(handed)


THERE: Final = [Depends(_is_there)]


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
        key = await handing.enter(tx, asked.entry(), party_of(caller), known)
        found = await _shown(tx, dictionary, key, caller)
    response.headers["Location"] = f"/v1/handed-in/{key}"
    response.headers["ETag"] = etag_of(found["version"])
    return found


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
    *,
    eyes: Looks,
    sort: Annotated[
        Literal["oldest", "newest"], Query(description="按填报先后 · by when they were handed in")
    ] = "oldest",
) -> list[dict[str, Any]]:
    """`counts` is what is shown as measured now; `may` is what you may do with it.

    What few people say, and what stands behind a value, is for those who answer for its scope.
    """
    which: dict[str, Any] = {
        "state": state,
        "indicator": indicator,
        "scope": scope,
        "period": period,
        "seen": await eyes.scopes(),
        "by": caller.subject,
    }
    async with db.transaction() as tx:
        showing = Showing(caller, await following.list_indicators(tx, dictionary))
        rows = await told.page(
            tx,
            which,
            showing.party.owner,
            limit=asked.limit,
            offset=asked.offset,
            after=after_text(asked),
            is_newest_first=sort == "newest",
        )
        total = await told.count(tx, which) if asked.total_count else None
    more = [rows[-1]["id"]] if len(rows) == asked.limit else None
    answer_page(response, asked, total=total, next_after=more)
    return [showing.show(each) for each in rows]


@router.get(
    "/handed-in/{handed}",
    summary="一条填报",
    dependencies=[*READ, *THERE],
    response_model=dict[str, Any],
)
async def get_handed_in(
    request: Request, response: Response, db: Db, dictionary: Known, caller: Reader, handed: str
) -> Any:
    async with db.transaction() as tx:
        found = await _shown(tx, dictionary, handed, caller)
    return unless_not_modified(request, response, found["version"]) or found


@router.put("/handed-in/{handed}", summary="修订一条填报", dependencies=THERE)
async def revise_handed_in(
    db: Db, dictionary: Known, caller: Writer, handed: str, asked: Asked, expect: Expect
) -> JSONResponse:
    """The answer is another entry; it replaces the old one, an approved one with its approval."""
    async with db.transaction() as tx:
        known = {each.id: each for each in await following.list_indicators(tx, dictionary)}
        entry = asked.entry()
        key = await handing.revise(tx, handed, entry, party_of(caller), known, expect)
        found = await _shown(tx, dictionary, key, caller)
    headers = {"Location": f"/v1/handed-in/{key}", "ETag": etag_of(found["version"])}
    return JSONResponse(_plain(found), headers=headers)


@router.post("/handed-in/{handed}/approval", summary="批准一条填报", dependencies=THERE)
async def approve_handed_in(
    db: Db, dictionary: Known, caller: Approver, handed: str, expect: Expect
) -> dict[str, Any]:
    """By another person than who entered it (403 `own-value`), who leads its scope.

    Who answers for nothing that it lies in gets 403 `handed-elsewhere`.
    """
    async with db.transaction() as tx:
        await handing.approve(tx, handed, party_of(caller), expect)
        return await _shown(tx, dictionary, handed, caller)


@router.post("/handed-in/{handed}/rejection", summary="退回一条填报", dependencies=THERE)
async def reject_handed_in(
    db: Db, dictionary: Known, caller: Approver, handed: str, why: Why, expect: Expect
) -> dict[str, Any]:
    """By another person than who entered it, with the reason; it can be revised then."""
    async with db.transaction() as tx:
        await handing.reject(tx, handed, party_of(caller), why.reason, expect)
        return await _shown(tx, dictionary, handed, caller)


@router.post("/handed-in/{handed}/withdrawal", summary="撤回一条填报", dependencies=[*READ, *THERE])
async def withdraw_handed_in(
    db: Db, dictionary: Known, caller: Reader, handed: str, why: Why, expect: Expect
) -> dict[str, Any]:
    """What is approved is taken back by an approver who did not enter it."""
    async with db.transaction() as tx:
        await handing.withdraw(tx, handed, party_of(caller), why.reason, expect)
        return await _shown(tx, dictionary, handed, caller)


async def _shown(
    tx: Transaction, dictionary: Dictionary, handed: str, caller: Caller
) -> dict[str, Any]:
    showing = Showing(caller, await following.list_indicators(tx, dictionary))
    found = await told.find(tx, handed, showing.party.owner)
    if found is None:
        raise _no_value(handed)
    return showing.show(found)


def _no_value(handed: str) -> HandedNotFoundError:
    return HandedNotFoundError(f"没有填报 {handed}", f"no value {handed} was handed in")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "entered_at": spell(row["entered_at"])}
