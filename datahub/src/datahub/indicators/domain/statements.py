"""What somebody says of a measured value: that it is right (确认), or that it is wrong (异议).

Whoever the value is about may say it, and who answers for what it is about. A confirmation ends
there. An objection is answered by another person who leads the scope; it changes no value: what
is wrong is mended where it was recorded, and measured anew. Source: design "Screens"; the time
for an answer and the states are our default.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Final, Literal

from datahub.indicators.domain.party import PERSON, Party, Standing, decides
from shared.errors import DomainError, ErrorKind

State = Literal["confirmed", "contested", "upheld", "dismissed"]
Answer = Literal["upheld", "dismissed"]

ANSWERED: Final = ("upheld", "dismissed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What somebody said of a value, and what was answered."""

    id: str
    indicator: str
    scope: str
    period: str
    value: Decimal
    """As it was measured when he said it."""

    state: State
    version: int
    reason: str | None
    by: str
    at: datetime
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    read_at: datetime | None = None
    """When he who objected said that he has read the answer."""


class StatementNotFoundError(DomainError):
    """Nobody said that, or not within what the caller sees."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "statement-not-found"
    title_zh: ClassVar = "没有这条意见"
    title_en: ClassVar = "No such statement"


class StatementNotYoursError(DomainError):
    """The value is not about the caller, or the objection not for him to answer."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "statement-not-yours"
    title_zh: ClassVar = "不由您表示或答复"
    title_en: ClassVar = "It is for others to say"


class StatementStateError(DomainError):
    """What was said or answered before does not allow it."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "statement-state"
    title_zh: ClassVar = "此意见的状态不允许"
    title_en: ClassVar = "The state of the statement does not allow it"


def is_about(party: Party, scope: str) -> bool:
    """Return whether a scope is the person himself."""
    key = party.subject.removeprefix(PERSON)
    return party.subject.startswith(PERSON) and scope in {f"teacher/{key}", f"student/{key}"}


def may_state(party: Party, standing: Standing, scope: str) -> bool:
    """Return whether somebody may confirm or contest the values of a scope."""
    return party.subject.startswith(PERSON) and (is_about(party, scope) or standing.answers)


def may_answer(party: Party, standing: Standing, statement: Statement) -> bool:
    """Return whether somebody answers an objection: never who made it, never whom it is about."""
    is_other = not is_about(party, statement.scope)
    return is_other and decides(party, standing, statement.by)


def check_states(party: Party, standing: Standing, scope: str) -> None:
    """Refuse whoever may not say anything of the values of a scope.

    Raises:
        StatementNotYoursError: it is so.
    """
    if not may_state(party, standing, scope):
        raise StatementNotYoursError(
            f"{scope} 的值由本人或其责任人确认、提出异议",
            f"whom the values of {scope} are about, or who answers for it, says so",
        )


def answer(
    statement: Statement, party: Party, standing: Standing, *, how: Answer, why: str, at: datetime
) -> Statement:
    """Return an objection with its answer.

    Raises:
        StatementStateError: it is none, or was answered.
        StatementNotYoursError: he does not lead the scope, or objected himself.
    """
    if statement.state != "contested":
        raise StatementStateError("没有待答复的异议", "there is no objection that waits")
    if not may_answer(party, standing, statement):
        raise StatementNotYoursError(
            "由对象或其上级的责任人、或质量办答复，本人不能答复自己的异议",
            "who leads the scope answers, or the quality office; nobody answers his own",
        )
    return replace(
        statement,
        state=how,
        version=statement.version + 1,
        answer=why,
        answered_by=party.subject,
        answered_at=at,
    )


def read(statement: Statement, party: Party, at: datetime) -> Statement:
    """Return an objection whose answer was read by who made it.

    Raises:
        StatementStateError: it is not answered, or was read.
        StatementNotYoursError: another made it.
    """
    if statement.by != party.subject:
        raise StatementNotYoursError("由提出者确认", "who objected says so")
    if statement.state not in ANSWERED or statement.read_at is not None:
        raise StatementStateError("没有待阅的答复", "there is no answer to be read")
    return replace(statement, version=statement.version + 1, read_at=at)
