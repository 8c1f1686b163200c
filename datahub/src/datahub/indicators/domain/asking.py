"""What can be asked of measured values: whatever cannot is refused with everything that is wrong.

Source: contract "HTTP" 1 (all field errors at once, with what to do about them).
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import ClassVar, Final

from datahub.dictionary.domain.document import Faults
from datahub.indicators.domain.definition import Indicator
from shared.errors import DomainError, ErrorKind, no_such

MAX_CELLS: Final = 50_000
"""Of one grid. Source: our default."""


class QuestionInvalidError(DomainError):
    """A question about measured values that has no answer as it stands."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "measurements-question"
    title_zh: ClassVar = "无法按此读取测量值"
    title_en: ClassVar = "Measured values cannot be read so"


class MeasurementNotFoundError(DomainError):
    """Nothing was measured for that indicator, scope and period, or none that it takes."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "measurement-not-found"
    title_zh: ClassVar = "没有这个测量值"
    title_en: ClassVar = "No such measurement"


def refuse(faults: Faults) -> None:
    """Refuse a question that has faults.

    Raises:
        QuestionInvalidError: with every one of them.
    """
    if faults.found:
        named = [each.removeprefix("query.") for each in faults.found]
        raise QuestionInvalidError(
            f"请检查：{'、'.join(named)}", f"check {', '.join(named)}", fields=faults.found
        )


def refused(field: str, reason: str, fix: str = "") -> QuestionInvalidError:
    """Return the refusal of a question for one reason."""
    name = field.removeprefix("query.")
    return QuestionInvalidError(
        f"请检查：{name}", f"check {name}", fields={field: [reason]}, fixes=[fix] if fix else []
    )


def absent(field: str, reason: str, fix: str = "") -> MeasurementNotFoundError:
    """Return the refusal of a question that is well asked, of what was not measured."""
    name = field.removeprefix("query.")
    return MeasurementNotFoundError(
        f"没有所需的测量值，见 {name}",
        f"what it takes was not measured, see {name}",
        fields={field: [reason]},
        fixes=[fix] if fix else [],
    )


def find_indicators(
    known: Mapping[str, Indicator], ids: Iterable[str], faults: Faults, field: str
) -> list[Indicator]:
    """Return the indicators of some ids; note those that there are not."""
    found = []
    for each in ids:
        if each in known:
            found.append(known[each])
        else:
            faults.add(field, no_such("指标", "indicator", each, get_close_matches(each, known)))
    return found


def is_measured(indicator: Indicator, scope_kind: str, period_kind: str) -> bool:
    """Return whether an indicator is measured for these kinds."""
    return (scope_kind, period_kind) in {(each.kind, each.period_kind) for each in indicator.grains}


def check_measured(
    indicators: Sequence[Indicator],
    scope_kind: str,
    period_kind: str,
    faults: Faults,
    field: str = "query.period",
) -> None:
    """Note indicators that are measured for other kinds of scope and period alone."""
    for each in indicators:
        if not is_measured(each, scope_kind, period_kind):
            there = "、".join(f"{grain.kind} × {grain.period_kind}" for grain in each.grains)
            faults.add(
                field,
                f"{each.id} 不按 {scope_kind} × {period_kind} 测量，只按 {there}"
                " (not measured for these kinds)",
            )


def check_size(indicators: int, scopes: int, periods: int, faults: Faults) -> None:
    """Note that a grid has too many cells."""
    cells = indicators * scopes * periods
    if cells > MAX_CELLS:
        faults.add(
            "query.scope",
            f"{indicators} × {scopes} × {periods} = {cells} 格，每次至多 {MAX_CELLS}；"
            "请分次读取，或用 /measurements/export (too many cells at once)",
        )
