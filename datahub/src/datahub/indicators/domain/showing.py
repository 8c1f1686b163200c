"""Whether somebody may see the rows that were counted for a cell.

What is closed leaves the hub for nobody; to be among the rows that a condition on a personal field
chose is to have that field told. Source: design "Data hub" 7; that a row is told with its fields of
the class ``personal`` left out is our default.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from datahub.dictionary.domain.entity import Entity, Field
from datahub.dictionary.domain.privacy import Privacy
from datahub.indicators.domain.few import SMALLEST_GROUP
from datahub.indicators.domain.masking import MASKED
from datahub.indicators.domain.measure import Measure
from datahub.indicators.domain.row import Path
from shared.errors import DomainError, ErrorKind


class RowsClosedError(DomainError):
    """The rows behind a value are not for this reader."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "rows-closed"
    title_zh: ClassVar = "不能查看明细"
    title_en: ClassVar = "The rows are closed"


class LegUnknownError(DomainError):
    """The formula counts no so many things."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "leg-unknown"
    title_zh: ClassVar = "公式没有这一项计数"
    title_en: ClassVar = "The formula has no such count"


class TooSlowError(DomainError):
    """Counting the rows of that time would take too long for somebody who waits."""

    kind: ClassVar = ErrorKind.UNAVAILABLE
    code: ClassVar = "rows-too-slow"
    title_zh: ClassVar = "明细查询超时"
    title_en: ClassVar = "Reading the rows takes too long"


def why_closed(
    cell: Mapping[str, Any], measures: Sequence[Measure], privacy: Privacy, *, sees_persons: bool
) -> RowsClosedError | None:
    """Return why the rows of a cell are closed to a reader; None where they are open.

    Args:
        cell: as the reader sees it.
        measures: those by which the rows are chosen.
        privacy: of the indicator.
    """
    entities = {each.shape.entity.name: each.shape.entity for each in measures}
    read = {path.field for each in measures for path in each.paths}
    read |= {entity.fields[name] for entity in entities.values() for name in entity.key}
    closed = _names(each for each in read if each.is_closed)
    personal = _names(each for each in read if each.privacy is Privacy.PERSONAL)
    reasons = [
        (
            cell["reason"] == MASKED,
            f"不足 {SMALLEST_GROUP} 人，或指标的隐私分级不许，需要 datahub:personal",
            f"fewer than {SMALLEST_GROUP} persons, or closed by its class: datahub:personal",
        ),
        (
            bool(closed),
            f"公式用到 {closed}，只能作为汇总离开中台",
            f"it is counted by {closed}, of which aggregates alone leave the hub",
        ),
        (
            privacy.is_closed,
            f"指标属 {privacy}，只能作为汇总离开中台",
            f"the indicator is {privacy}: aggregates alone leave the hub",
        ),
        (
            bool(personal) and not sees_persons,
            f"公式用到个人信息 {personal}，需要 datahub:personal",
            f"it is counted by the personal {personal}: datahub:personal is needed",
        ),
        (
            privacy is Privacy.PERSONAL and not sees_persons,
            "指标属 personal，需要 datahub:personal",
            "the indicator is personal: datahub:personal is needed",
        ),
    ]
    return next((RowsClosedError(zh, en) for holds, zh, en in reasons if holds), None)


def shown_paths(
    entity: Entity, read: Iterable[Path], *, sees_persons: bool
) -> tuple[list[Path], list[str]]:
    """Return what is shown of a row, what the formula reads first; and the fields left out."""
    own = [Path(each) for each in entity.fields.values() if not each.is_closed]
    paths = list(dict.fromkeys([*read, *own]))
    shown = [each for each in paths if sees_persons or each.field.privacy is not Privacy.PERSONAL]
    return shown, [".".join(each.names) for each in paths if each not in shown]


def _names(fields: Iterable[Field]) -> str:
    return ", ".join(sorted(each.name for each in fields))
