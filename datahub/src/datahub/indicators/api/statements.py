"""What people say of measured values: right, or wrong; and what is answered."""

from typing import Annotated, Any, Final

from fastapi import Body, Depends, Query, Response

from datahub.dictionary.api import Known
from datahub.dictionary.api.seeing import Looks
from datahub.indicators.api.asking import READ, TAGS, asked_for
from datahub.indicators.api.parties import Approver, Reader, party_of
from datahub.indicators.domain.party import Party, Standing
from datahub.indicators.domain.statements import ANSWERED, State, Statement, may_answer
from datahub.indicators.queries.reading import open_reading
from datahub.indicators.repository import following
from datahub.indicators.repository import statements as store
from datahub.indicators.repository.standing import standing_of
from datahub.indicators.schemas import AnswerAsked, StateAsked
from datahub.indicators.usecases import stating
from shared.contracts.vocabulary import PeriodKey, ScopeKey
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.etags import Expect, etag_of
from shared.kit.paging import Page, after_text, answer_page, page

router = new_router(tags=TAGS)

EXAMPLE: Final = {
    "indicator": "courses_taught",
    "scope": "teacher/T025",
    "period": "term:2026-2027-1",
    "agrees": False,
    "reason": "合上的一个教学班没有计入",
}
ANSWER: Final = {"state": "upheld", "reason": "已请教务处补录，下次测量计入"}


async def _is_there(db: Db, caller: Reader, eyes: Looks, statement: str) -> None:
    """Refuse a statement that is not there for the caller: he is told nothing of it."""
    seen = await eyes.scopes()
    async with db.transaction() as tx:
        found = await store.get(tx, statement)
    if seen is not None and found.scope not in seen and found.by != caller.subject:
        raise store.nothing(statement)


THERE: Final = [*READ, Depends(_is_there)]


@router.post("/statements", summary="确认测量值或提出异议", status_code=201, dependencies=READ)
async def state_of_value(
    db: Db,
    dictionary: Known,
    caller: Reader,
    eyes: Looks,
    asked: Annotated[StateAsked, Body(examples=[EXAMPLE])],
    response: Response,
) -> dict[str, Any]:
    """By whom the value is about, or who answers for that; an objection waits for its answer.

    An answer changes no value: what is wrong is mended where it was recorded.
    """
    seen, party = await eyes.scopes(), party_of(caller)
    kinds = (asked.scope.partition("/")[0], asked.period.partition(":")[0])
    async with db.transaction() as tx:
        reading = await open_reading(tx, dictionary, sees_persons=False, seen=seen)
        indicator = asked_for(reading, asked.indicator, *kinds, "$.period")
        where = (asked.scope, asked.period)
        key = await stating.state(tx, indicator, *where, party, asked.reason, now())
        found = await _shown(tx, key, party)
    response.headers["Location"] = f"/v1/statements/{key}"
    response.headers["ETag"] = etag_of(found["version"])
    return found


@router.get("/statements", summary="对测量值的意见", dependencies=READ)
async def list_statements(  # noqa: PLR0913, PLR0917 — the query parameters of the contract
    response: Response,
    db: Db,
    caller: Reader,
    eyes: Looks,
    asked: Annotated[Page, Depends(page)],
    state: State | None = None,
    indicator: Annotated[str | None, Query(max_length=80)] = None,
    scope: ScopeKey | None = None,
    period: PeriodKey | None = None,
) -> list[dict[str, Any]]:
    """The newest first: of the scopes that you see, and your own; `may` is what you may do."""
    which: dict[str, Any] = {"state": state, "indicator": indicator, "scope": scope}
    which |= {"period": period, "seen": await eyes.scopes(), "by": caller.subject}
    party = party_of(caller)
    async with db.transaction() as tx:
        rows = await store.page(
            tx,
            which,
            party.owner,
            limit=asked.limit,
            offset=asked.offset,
            before=after_text(asked),
        )
        total = await store.count(tx, which) if asked.total_count else None
    more = [rows[-1]["id"]] if len(rows) == asked.limit else None
    answer_page(response, asked, total=total, next_after=more)
    found = [(each, Standing(each.pop("answers"), each.pop("leads"))) for each in rows]
    return [_told(Statement(**row), party, standing) for row, standing in found]


@router.get("/statements/{statement}", summary="一条意见", dependencies=THERE)
async def get_statement(
    db: Db, caller: Reader, statement: str, response: Response
) -> dict[str, Any]:
    async with db.transaction() as tx:
        found = await _shown(tx, statement, party_of(caller))
    response.headers["ETag"] = etag_of(found["version"])
    return found


@router.post("/statements/{statement}/answer", summary="答复异议", dependencies=THERE)
async def answer_statement(
    db: Db,
    dictionary: Known,
    caller: Approver,
    statement: str,
    asked: Annotated[AnswerAsked, Body(examples=[ANSWER])],
    expect: Expect,
) -> dict[str, Any]:
    """By another than who objected, who leads the scope; who objected is told of it."""
    party = party_of(caller)
    async with db.transaction() as tx:
        known = {each.id: each for each in await following.list_indicators(tx, dictionary)}
        how, why = asked.state, asked.reason
        await stating.answer(tx, statement, party, known, how=how, why=why, at=now(), expect=expect)
        return await _shown(tx, statement, party)


@router.post("/statements/{statement}/reading", summary="已阅答复", dependencies=THERE)
async def read_statement_answer(
    db: Db, caller: Reader, statement: str, expect: Expect
) -> dict[str, Any]:
    """By who objected; his task is done."""
    party = party_of(caller)
    async with db.transaction() as tx:
        await stating.read(tx, statement, party, now(), expect)
        return await _shown(tx, statement, party)


async def _shown(tx: Transaction, key: str, party: Party) -> dict[str, Any]:
    found = await store.get(tx, key)
    return _told(found, party, await standing_of(tx, found.scope, party.owner))


def _told(found: Statement, party: Party, standing: Standing) -> dict[str, Any]:
    """Return a statement as somebody may see it: a value that few people say is not for all."""
    is_his, answers = found.by == party.subject, may_answer(party, standing, found)
    told = {name: getattr(found, name) for name in Statement.__dataclass_fields__}
    told["value"] = f"{found.value:f}" if is_his or answers or party.sees_persons else None
    waits = found.state in ANSWERED and found.read_at is None
    may = {"answer": answers and found.state == "contested", "read": is_his and waits}
    return {**told, "may": may}
