"""What events of others say, in the words of this service."""

from decimal import Decimal, InvalidOperation
from typing import ClassVar

from alert_service.domain.correcting import CorrectionNews
from alert_service.domain.severity import Standing
from alert_service.domain.watch import Line, Watch
from shared.contracts.spiral import CorrectionFact, CorrectionReopened, CorrectionVerified
from shared.contracts.target import Attainment, AttainmentChanged, BindingChanged, Limit
from shared.errors import DomainError, ErrorKind


class JudgementError(DomainError):
    """A judgement carries a number that is none."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "judgement"
    title_zh: ClassVar = "判定中的数无法读取"
    title_en: ClassVar = "A judgement carries no number"


def read_target(event: BindingChanged | AttainmentChanged) -> list[Watch | Standing]:
    """Return the bindings and judgements of an event."""
    match event:
        case BindingChanged():
            return [_watch(event)]
        case AttainmentChanged():
            # How goals stand raises nothing: what lies below them has raised it.
            return [
                _standing(item, item.binding, item.indicator)
                for item in event.items
                if item.binding is not None and item.indicator is not None
            ]


def read_news(fact: CorrectionFact) -> CorrectionNews:
    """Return what a fact about a correction says."""
    match fact:
        case CorrectionVerified():
            effect = read_number(fact.effect)
            return CorrectionNews(
                alert=fact.alert, what="verified", reopened=fact.reopened, effect=effect
            )
        case CorrectionReopened():
            return CorrectionNews(alert=fact.alert, what="reopened", reopened=fact.reopened)
        case _:
            return CorrectionNews(alert=fact.alert, what="planned", reopened=fact.reopened)


def _watch(event: BindingChanged) -> Watch:
    tiers = {name: _line(limit) for name, limit in event.tiers.items()}
    return Watch(
        key=event.id,
        version=event.version,
        cell=_cell(event.indicator, event.scope, event.period),
        indicator=event.indicator,
        scope=event.scope,
        period=event.period,
        title=event.title,
        owner=event.owner,
        alert_from=event.alert_from,
        target=_line(event.target),
        tiers={name: line for name, line in tiers.items() if line},
        warning=_line(event.warning),
        withdrawn=event.withdrawn,
    )


def _standing(item: Attainment, binding: str, indicator: str) -> Standing:
    return Standing(
        binding=binding,
        cell=_cell(indicator, item.scope, item.period),
        seq=item.seq,
        state=item.state,
        warning=item.warning,
        overdue=item.overdue,
        thin=item.thin,
        stale=item.stale,
        value=read_number(item.value),
        relative_gap=read_number(item.relative_gap),
        forecast=read_number(item.forecast),
    )


def _cell(indicator: str, scope: str, period: str) -> str:
    return f"{indicator}@{scope}@{period}"


def _line(limit: Limit | None) -> Line | None:
    return Line(limit.op, limit.value, limit.upper) if limit else None


def read_number(text: str | None) -> Decimal | None:
    """Return the number of a text, None where there is none.

    Raises:
        JudgementError: it is no finite number.
    """
    if text is None:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise JudgementError(f"{text[:40]!r} 不是数", f"{text[:40]!r} is no number")
    return number
