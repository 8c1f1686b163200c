"""What holds a batch back: rows that fail a blocking quality rule.

A file or a request is refused as a whole before it takes effect. Messages come in whatever batches
the stream makes of them, so that there the rows that fail are put aside alone. Source: design
"Data hub"; our default.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar, Final

from datahub.ingest.domain.ledger import RowVerdict, Verdict
from shared.errors import DomainError, ErrorKind

CODE: Final = "quality-gate"
NAMED_ROWS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a blocking rule found in the staged rows of a batch, or of a part of it."""

    rule: str
    zh: str
    en: str
    severity: str
    fields: tuple[str, ...]
    """Canonical fields that the rule reads."""

    allowed_ratio: Decimal
    """Share of the checked rows that may fail in a batch."""

    checked: int
    lines: tuple[int, ...]
    """Rows that fail, by their number in the delivery."""

    @property
    def is_broken(self) -> bool:
        """Whether more rows fail than may."""
        return len(self.lines) > self.allowed_ratio * self.checked


class QualityGateError(DomainError):
    """Rows of a batch fail rules that hold a batch back; nothing of it took effect."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = CODE
    title_zh: ClassVar = "数据质量不合格，整批退回"
    title_en: ClassVar = "Refused: the data fails quality rules"

    def __init__(self, feed: str, held: Sequence[Held]) -> None:
        names = [each.rule for each in held]
        fields: dict[str, list[str]] = {}
        for each in held:
            fields.setdefault(_place(each), []).append(_reason(each))
        super().__init__(
            f"数据源 {feed} 的这一批未通过质量规则：{'、'.join(names)}；整批没有生效",
            f"this batch of {feed} fails the quality rules {', '.join(names)};"
            " nothing of it took effect",
            fields=fields,
            fixes=[
                "修正所列的行后整批重发 (mend the rows and send the batch again)",
                "dryRun=true 可先行检查 (dryRun=true checks beforehand)",
                *(f"GET /api/datahub/v1/quality/rules/{each.rule}" for each in held),
            ],
        )
        self.held = tuple(held)


def check_gate(feed: str, parts: Iterable[Held]) -> None:
    """Refuse a batch of which more rows fail a blocking rule than may.

    Raises:
        QualityGateError: naming every such rule with its counts.
    """
    pooled: dict[str, Held] = {}
    for part in parts:
        known = pooled.get(part.rule)
        pooled[part.rule] = part if known is None else _added(known, part)
    if broken := [each for each in pooled.values() if each.is_broken]:
        raise QualityGateError(feed, broken)


def held_verdicts(held: Iterable[Held], together: Sequence[int]) -> list[RowVerdict]:
    """Put the rows aside that fail, each with every rule that it fails.

    Args:
        together: rows that are summed into one another, of which none can go alone.
    """
    return [
        RowVerdict(
            row=line,
            verdict=Verdict.QUARANTINED,
            code=CODE,
            path=_place(each),
            message=f"{each.zh}（{each.rule}） ({each.en})",
        )
        for each in held
        if each.lines
        for line in together or each.lines
    ]


def _added(one: Held, other: Held) -> Held:
    return replace(one, checked=one.checked + other.checked, lines=one.lines + other.lines)


def _place(held: Held) -> str:
    return f"$.{held.fields[0]}" if held.fields else "$"


def _reason(held: Held) -> str:
    failed, rows = len(held.lines), ", ".join(str(line) for line in held.lines[:NAMED_ROWS])
    more = ", …" if failed > NAMED_ROWS else ""
    return (
        f"{held.rule}：{held.checked} 行中 {failed} 行不合格：{held.zh}"
        f" ({failed} of {held.checked} rows fail: {held.en}); row {rows}{more}"
    )
