"""Values that people hand in (人工填报): what they must say, and what may become of them.

A value counts when somebody else than who entered it has approved it, and while nothing is
measured in its place. What was entered is never changed: it is replaced by another entry, and
stays. Source: design "Indicators" 6.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Final, Literal

from datahub.dictionary.domain.document import Faults
from datahub.indicators.domain.asking import check_measured
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.party import PERSON, Party, Standing, check_leads
from datahub.indicators.domain.reckoning import LIMIT
from shared.contracts.vocabulary import ratio
from shared.errors import DomainError, ErrorKind

State = Literal["waiting", "approved", "rejected", "withdrawn", "replaced"]
Step = Literal["entered", "approved", "rejected", "withdrawn", "replaced"]

_SCALED: Final = {"percent": 100, "%": 100, "per_mille": 1000, "‰": 1000}
"""Units of which the value is so many times the quotient."""

_WHOLE: Final = {"ratio": 1, **_SCALED}
"""What a share of a whole is at most, by its unit."""


class HandedInvalidError(DomainError):
    """A value that cannot be handed in as it stands."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "handed-invalid"
    title_zh: ClassVar = "填报有误"
    title_en: ClassVar = "The value cannot be handed in so"


class HandedNotFoundError(DomainError):
    """No value that was handed in has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "handed-not-found"
    title_zh: ClassVar = "没有这条填报"
    title_en: ClassVar = "No such value was handed in"


class HandedStateError(DomainError):
    """What is there, or what became of the value, does not allow it."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "handed-state"
    title_zh: ClassVar = "此填报的状态不允许"
    title_en: ClassVar = "The state of the value does not allow it"


class MeasuredAlreadyError(DomainError):
    """The cell has a measured value: nothing that is typed takes its place."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "measured-already"
    title_zh: ClassVar = "已有测量值"
    title_en: ClassVar = "It is measured already"


class OwnValueError(DomainError):
    """Who entered a value does not decide on it."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "own-value"
    title_zh: ClassVar = "不能审批自己填报的值"
    title_en: ClassVar = "Your own value is for another person to approve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What somebody hands in."""

    indicator: str
    scope: str
    period: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    n: int
    evidence: str | None
    """Digest of a file."""

    evidence_name: str | None
    link: str | None
    note: str | None

    @property
    def cell(self) -> str:
        """Identify the cell that it is for."""
        return f"{self.indicator}|{self.scope}|{self.period}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A value that was handed in."""

    id: str
    entry: Entry
    state: State
    version: int
    entered_by: str
    entered_at: datetime


def check_entry(entry: Entry, indicator: Indicator, faults: Faults) -> None:
    """Note everything that is wrong with what somebody hands in."""
    if indicator.retired_on is not None:
        on = indicator.retired_on
        faults.add("$.indicator", f"{indicator.id} 已于 {on} 停用 (it was retired on {on})")
    if not indicator.manual:
        faults.add(
            "$.indicator",
            f"{indicator.id} 由公式得出，不接受填报；需要时在定义中写 manual = true"
            " (it is measured by its formula: say manual = true in the definition)",
        )
    kinds = (entry.scope.partition("/")[0], entry.period.partition(":")[0])
    check_measured([indicator], *kinds, faults, "$.period")
    _check_numbers(entry, indicator, faults)
    if entry.n < indicator.minimum_sample:
        least = indicator.minimum_sample
        faults.add("$.n", f"样本至少 {least} (the sample is at least {least})")
    if entry.evidence is None and entry.link is None:
        faults.add("$.evidence", "须有佐证文件或链接 (a file of evidence, or a link, is required)")


def _check_numbers(entry: Entry, indicator: Indicator, faults: Faults) -> None:
    most = _WHOLE.get(indicator.unit)
    has_part = entry.numerator is not None or entry.denominator is not None
    if has_part is (entry.value is not None):
        reason = "填 value，或同时填 numerator 与 denominator"
        faults.add("$.value", f"{reason} (either value, or numerator and denominator)")
    for name, each in (("numerator", entry.numerator), ("denominator", entry.denominator)):
        if has_part and each is None:
            faults.add(f"$.{name}", "分子与分母须同时填 (both, or neither)")
    if has_part and indicator.unit in _SCALED:
        unit = indicator.unit
        faults.add("$.numerator", f"单位是 {unit}，请直接填 value (the unit is {unit}: say value)")
    if entry.denominator == 0:
        faults.add("$.denominator", "不能为 0 (not 0)")
    elif (value := value_of(entry)) is not None and abs(value) >= LIMIT:
        faults.add("$.value", "绝对值须小于 10³⁰ (less than 10³⁰)")
    elif value is not None and most is not None and not 0 <= value <= most:
        unit, written = indicator.unit, f"{most * 85 / 100:g}"
        reason = f"单位是 {unit}，须在 0 与 {most} 之间，85% 写作 {written}；"
        reason += "可以超出的（如增长率），其指标的单位是 number"
        reason += f" (the unit is {unit}: from 0 to {most}, {written} for 85 %; what may be"
        reason += " beyond, such as growth, is an indicator of the unit number)"
        faults.add("$.numerator" if has_part else "$.value", reason)


def value_of(entry: Entry) -> Decimal | None:
    """Return the value that an entry says; None where it says none."""
    if entry.numerator is None or entry.denominator is None:
        return entry.value
    return ratio(entry.numerator, entry.denominator)


def refuse(faults: Faults) -> None:
    """Refuse an entry that has faults.

    Raises:
        HandedInvalidError: with every one of them.
    """
    if faults.found:
        named = [each.removeprefix("$.") for each in faults.found]
        raise HandedInvalidError(
            f"填报有误：{'、'.join(named)}",
            f"what is handed in is wrong at {', '.join(named)}",
            fields=faults.found,
            fixes=["按 validationErrors 逐处修改 (mend each place)"],
        )


def check_decider(handed: Handed, party: Party, standing: Standing) -> None:
    """Refuse whoever decides on what he entered himself, is no person, or does not lead there.

    Raises:
        OwnValueError: it is his own, or he is no person.
        ElsewhereError: he does not lead its scope.
    """
    person = party.subject
    if handed.entered_by == person:
        raise OwnValueError(
            f"{person} 填报的值须由另一人审批",
            f"what {person} entered is for another person to decide on",
            fixes=["请另一位有 datahub:approve 权限的人审批 (ask another approver)"],
        )
    if not person.startswith(PERSON):
        raise OwnValueError(
            f"{person} 不是人，不能审批",
            f"{person} is no person, and approves nothing",
            fixes=["由有 datahub:approve 权限的人登录后审批 (a person approves, signed in)"],
        )
    check_leads(party, standing, handed.entry.scope)


def check_state(handed: Handed, *allowed: State) -> None:
    """Refuse what the state of a value does not allow.

    Raises:
        HandedStateError: the state is another one.
    """
    if handed.state not in allowed:
        raise HandedStateError(
            f"状态是 {handed.state}，须为 {'、'.join(allowed)}",
            f"it is {handed.state}, and must be {' or '.join(allowed)}",
            fixes=[f"GET /handed-in/{handed.id}"],
        )
