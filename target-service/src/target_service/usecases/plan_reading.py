"""Look through a plan that was read, with what is known of units here."""

from collections.abc import Mapping

from shared.kit.database import Transaction
from target_service.domain.plan_document.document import PlanDocument
from target_service.domain.plan_document.naming import units_named
from target_service.domain.plan_lint.linter import lint
from target_service.repository import names
from target_service.schemas.plan_reading import PlanReading, reading_of


async def look_through(tx: Transaction, document: PlanDocument) -> PlanReading:
    """Return a plan as it was read, with what a careful reader finds; nothing is kept."""
    return reading_of(document, lint(document), units_named(document, await names_of_units(tx)))


async def names_of_units(tx: Transaction) -> Mapping[str, str]:
    """Return name → scope of every unit that the hub has told of."""
    return {name: scope for scope, name in await names.named_scopes(tx, "unit")}
