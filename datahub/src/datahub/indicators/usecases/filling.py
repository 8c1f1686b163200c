"""Values that people handed in stand where nothing was measured, and nowhere else.

What is counted always wins: a value that was handed in is shown while there is no other, and says
that it was. Source: design "Indicators" 6.
"""

from collections.abc import Sequence
from dataclasses import replace

from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.measured import UNTOLD
from datahub.indicators.domain.spots import Spot
from datahub.indicators.repository import handed
from datahub.indicators.repository.cells import Cell
from datahub.indicators.repository.counting import Spots
from datahub.indicators.usecases.planning import Plan, Work
from shared.kit.database import Transaction


def due_of(work: Work, plan: Plan) -> Spots:
    """Return the groups of a plan, without their kinds, of which another value is approved."""
    spots = work.due.get(plan.indicator.id, ())
    return {_keys(spot) for spot in spots if plan.holds(spot) and not _is_past(plan, spot)}


async def past_cells(
    tx: Transaction, work: Work, plans: Sequence[Plan], *, is_whole: bool
) -> list[Cell]:
    """Return the cells of a stock's other periods for which a value was handed in.

    They are counted no more, or never were: what was measured for them stays.
    """
    stocks = [each for each in plans if each.indicator.manual and each.grain.fixed_period]
    if not stocks:
        return []
    ids = [each.indicator.id for each in stocks]
    there = await handed.approved_places(tx, ids) if is_whole else {}
    spots = {name: {*work.due.get(name, ()), *there.get(name, ())} for name in ids}
    found = [
        _untold(plan.indicator, spot)
        for plan in stocks
        for spot in sorted(spots[plan.indicator.id])
        if plan.holds(spot) and _is_past(plan, spot)
    ]
    measured = await handed.measured_among(tx, [cell.id for cell in found])
    return [cell for cell in found if cell.id not in measured]


async def fill(tx: Transaction, indicators: Sequence[Indicator], cells: list[Cell]) -> list[Cell]:
    """Return cells, those without a value with the approved one that was handed in for them."""
    editions = (edition for each in indicators for edition in each.editions)
    manual = {(each.id, each.version) for each in editions if each.manual}
    lacking = [
        each.id
        for each in cells
        if each.value.value is None and (each.indicator, each.formula_version) in manual
    ]
    approved = await handed.approved_values(tx, lacking) if lacking else {}
    return [_filled(cell, approved.get(cell.id)) for cell in cells]


def _filled(cell: Cell, found: handed.Approved | None) -> Cell:
    if found is None:
        return cell
    return replace(cell, value=found.value, handed_at=found.at)


def _untold(indicator: Indicator, spot: Spot) -> Cell:
    scope, period = spot
    return Cell(
        indicator=indicator.id,
        formula_version=indicator.version,
        scope=scope,
        period=period,
        value=UNTOLD,
    )


def _is_past(plan: Plan, spot: Spot) -> bool:
    """Whether a cell is of another period than the one that a stock is counted for."""
    return plan.grain.fixed_period not in {None, _keys(spot)[1]}


def _keys(spot: Spot) -> tuple[str, str]:
    scope, period = spot
    return scope.split("/", 1)[1], period.split(":", 1)[1]
