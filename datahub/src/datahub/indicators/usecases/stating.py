"""Somebody confirms a measured value or objects to it; an objection is answered by another."""

from datetime import datetime
from typing import Final

from datahub.indicators.domain import statements as rules
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.party import Party
from datahub.indicators.domain.statements import Answer, Statement, StatementStateError
from datahub.indicators.repository import statements as store
from datahub.indicators.repository.standing import standing_of
from datahub.indicators.usecases.steps import APPROVE, TIME
from shared.contracts.steps import HubStepClosed, HubStepOpened
from shared.kit.database import Transaction
from shared.kit.etags import Precondition
from shared.kit.ids import uuid7

READ: Final = "datahub:read"


async def state(  # noqa: PLR0913, PLR0917 — of which cell, who, what, and when
    tx: Transaction,
    indicator: Indicator,
    scope: str,
    period: str,
    by: Party,
    objection: str | None,
    at: datetime,
) -> str:
    """Confirm a measured value, or object to it with a reason; return the id of the statement.

    Raises:
        StatementNotYoursError: he is not whom it is about, and does not answer for that.
        StatementStateError: there is no value, or an objection waits.
    """
    rules.check_states(by, await standing_of(tx, scope, by.owner), scope)
    cell = f"{indicator.id}|{scope}|{period}"
    await store.lock_cell(tx, cell)
    value = await store.measured(tx, cell)
    if value is None:
        raise StatementStateError(f"{cell} 没有测得的值", f"{cell} has no measured value")
    if await store.is_contested(tx, cell):
        raise StatementStateError(f"{cell} 已有异议待答复", f"an objection to {cell} waits already")
    made = Statement(
        id=str(uuid7()),
        indicator=indicator.id,
        scope=scope,
        period=period,
        value=value,
        state="confirmed" if objection is None else "contested",
        version=1,
        reason=objection,
        by=by.subject,
        at=at,
    )
    await store.save(tx, made)
    if made.state == "contested":
        _ask(tx, made, indicator)
    return made.id


async def answer(  # noqa: PLR0913 — which, who, what, why, when, on which version
    tx: Transaction,
    statement: str,
    by: Party,
    known: dict[str, Indicator],
    *,
    how: Answer,
    why: str,
    at: datetime,
    expect: Precondition,
) -> None:
    """Answer an objection; who made it finds the answer among what he has to do.

    Raises:
        StatementNotFoundError: there is none of that id.
        StatementStateError: it does not wait.
        StatementNotYoursError: he does not lead the scope, or objected himself.
    """
    found = await store.get(tx, statement)
    expect(found.version)
    standing = await standing_of(tx, found.scope, by.owner)
    done = rules.answer(found, by, standing, how=how, why=why, at=at)
    await store.save(tx, done)
    _close(tx, done, "", by.subject)
    _tell(tx, done, known.get(found.indicator))


async def read(
    tx: Transaction, statement: str, by: Party, at: datetime, expect: Precondition
) -> None:
    """Note that who objected has read the answer.

    Raises:
        StatementNotFoundError: there is none of that id.
        StatementStateError: it was not answered, or was read before.
        StatementNotYoursError: another objected.
    """
    found = await store.get(tx, statement)
    expect(found.version)
    done = rules.read(found, by, at)
    await store.save(tx, done)
    _close(tx, done, "/answer", by.subject)


def _ask(tx: Transaction, made: Statement, indicator: Indicator) -> None:
    """Tell whoever leads the scope that an objection waits."""
    step = _step(made)
    opened = HubStepOpened(
        step=step,
        kind="answer",
        title_zh=f"答复对测量值的异议：{indicator.zh}",
        title_en=f"Answer an objection to a value: {indicator.en or indicator.zh}",
        scope=made.scope,
        period=made.period,
        role="leader",
        permission=APPROVE,
        not_by=made.by,
        opened_at=made.at,
        due_at=made.at + TIME,
        link=_link(made),
    )
    tx.publish(opened, key=step, subject=made.scope)


def _tell(tx: Transaction, done: Statement, indicator: Indicator | None) -> None:
    """Tell who objected that an answer is there."""
    assert done.answered_at is not None
    zh = indicator.zh if indicator else done.indicator
    en = (indicator.en or indicator.zh) if indicator else done.indicator
    step = _step(done, "/answer")
    opened = HubStepOpened(
        step=step,
        kind="acceptance",
        title_zh=f"查阅对异议的答复：{zh}",
        title_en=f"Read the answer to your objection: {en}",
        scope=done.scope,
        period=done.period,
        role="owner",
        owners=(_himself(done),),
        permission=READ,
        not_by="",
        opened_at=done.answered_at,
        due_at=done.answered_at + TIME,
        link=_link(done),
    )
    tx.publish(opened, key=step, subject=done.scope)


def _close(tx: Transaction, done: Statement, more: str, by: str) -> None:
    step = _step(done, more)
    closed = HubStepClosed(
        step=step,
        kind="acceptance" if more else "answer",
        scope=done.scope,
        period=done.period,
        link=_link(done),
        how="accepted" if more else "answered",
        by=by,
    )
    tx.publish(closed, key=step, subject=done.scope)


def _himself(made: Statement) -> str:
    """Return who objected as work lists name him: a student by his own scope."""
    key = made.by.partition("/")[2]
    own = f"student/{key}"
    return own if made.scope == own else f"teacher/{key}"


def _step(made: Statement, more: str = "") -> str:
    return f"datahub/statement/{made.id}{more}"


def _link(made: Statement) -> str:
    return f"/statements/{made.id}"
