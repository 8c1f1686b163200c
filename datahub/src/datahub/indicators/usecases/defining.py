"""A definition is published."""

from collections.abc import Callable, Mapping
from typing import Any

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.document import parse_indicator
from datahub.indicators.repository import following
from datahub.indicators.repository.shipped import Origin
from datahub.indicators.tables import IndicatorRow
from shared.contracts.datahub import IndicatorPublished, MeasuredFor
from shared.kit.database import Transaction


async def save_indicator(
    tx: Transaction,
    indicator_id: str,
    document: Mapping[str, Any],
    dictionary: Dictionary,
    expect: Callable[[int | None], None],
) -> tuple[Indicator, bool]:
    """Publish a definition; return it and whether it changed. A change is a new version.

    Args:
        expect: refuses the write by the present version; gets None where there is none.

    Raises:
        IndicatorInvalidError: with every fault of the document.
    """
    present = await following.get_indicator_row(tx, indicator_id, lock=True)
    expect(present.version if present else None)
    return await publish(tx, present, document, dictionary, "college")


async def publish(
    tx: Transaction,
    present: IndicatorRow | None,
    document: Mapping[str, Any],
    dictionary: Dictionary,
    origin: Origin,
) -> tuple[Indicator, bool]:
    """Publish a definition unless the one in force says the same.

    Raises:
        IndicatorInvalidError: with every fault of the document.
    """
    if present is not None and present.document == document:
        return parse_indicator(document, dictionary, present.version), False
    indicator = parse_indicator(document, dictionary, present.version + 1 if present else 1)
    await following.add_indicator(tx, indicator, document, origin)
    tx.publish(
        IndicatorPublished(
            indicator=indicator.id,
            version=indicator.version,
            name_zh=indicator.zh,
            name_en=indicator.en,
            unit=indicator.unit,
            direction=indicator.direction,
            measured_for=tuple(
                MeasuredFor(scope=grain.kind, period=grain.period_kind)
                for grain in indicator.grains
            ),
        ),
        key=indicator.id,
    )
    return indicator, True
