"""A definition that cannot be measured is put aside: the others are measured without it."""

from typing import Final

import structlog

from datahub.indicators.repository import defined
from datahub.indicators.repository.bounding import TOO_SLOW
from datahub.indicators.usecases.planning import Work
from shared.contracts.datahub import IndicatorParked
from shared.kit.database import Transaction

log = structlog.get_logger()

_SAYS: Final = {
    TOO_SLOW: "计算超过时限，请缩小 where 或简化算式 (it ran too long: narrow where, or simplify)",
}
_FAILS: Final = (
    "算式得出无法表示的数，请改小指数或乘数 (a number that is none: lower its exponents)"
)


async def park(tx: Transaction, work: Work) -> None:
    """Put aside what a careful round could not measure, and tell of it with its place."""
    for name, (plan, measure) in sorted(work.parked.items()):
        error = work.failed[measure.id]
        at = measure.leg.at + 1
        detail = f"第 {at} 字 (at {at}): {_SAYS.get(error.reason, _FAILS)}"
        await defined.park_indicator(tx, plan.indicator, reason=error.reason, detail=detail)
        log.warning("indicator_parked", indicator=name, reason=error.reason, told=error.detail)
        tx.publish(
            IndicatorParked(
                indicator=name, version=plan.indicator.version, reason=error.reason, detail=detail
            ),
            key=name,
        )
