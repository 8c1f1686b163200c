"""Read models of selectors."""

from typing import Any, Final, Protocol

from sqlalchemy import select

from shared.contracts.vocabulary import State
from shared.kit.database import Transaction
from shared.kit.paging import Page
from target_service.queries.pages import Listed, filtered, page_of
from target_service.repository.chain import not_found
from target_service.schemas.selectors import SelectedView, SelectionView, SelectorView
from target_service.tables import AttainmentRow, BindingRow, SelectorRow

_TOLD: Final = 200
"""So many scopes are told one by one."""


class Chosen(Protocol):
    """What a selector made of its scopes."""

    outcomes: dict[str, str]
    bindings: dict[str, BindingRow]

    def counts(self) -> dict[str, int]:
        """Return how many scopes have each outcome."""
        ...


async def list_selectors(
    tx: Transaction, wanted: Page, *, indicator: str | None
) -> Listed[SelectorView]:
    """Return selectors in the order of their keys."""
    query = select(SelectorRow).where(SelectorRow.withdrawn_at.is_(None))
    query = filtered(query, {SelectorRow.indicator: indicator})
    rows, total, after = await page_of(tx, query, SelectorRow.key, wanted)
    items = [SelectorView.model_validate(row.SelectorRow) for row in rows]
    return Listed(items=items, total=total, next_after=after)


async def get_selector(tx: Transaction, key: str) -> SelectorView:
    """Return a selector.

    Raises:
        NotFoundError: no selector has that key.
    """
    row = await tx.session.get(SelectorRow, key)
    if row is None:
        raise not_found("选择器", "selector", key)
    return SelectorView.model_validate(row)


async def view_selection(
    tx: Transaction, row: SelectorRow, chosen: Chosen, *, dry_run: bool
) -> SelectionView:
    """Return a selector with what it made of its scopes, and how they are judged."""
    told = sorted(chosen.outcomes)[:_TOLD]
    keys = [chosen.bindings[scope].key for scope in told]
    query = select(AttainmentRow.binding, AttainmentRow.state, AttainmentRow.value)
    judged = await tx.session.execute(query.where(AttainmentRow.binding.in_(keys)))
    states: dict[str, tuple[Any, Any]] = {each.binding: (each.state, each.value) for each in judged}
    selected = []
    for scope in told:
        binding = chosen.bindings[scope]
        state, value = states.get(binding.key, (State.NO_DATA, None))
        selected.append(
            SelectedView(
                scope=scope,
                outcome=chosen.outcomes[scope],
                binding=binding.key,
                object_class=binding.object_class,
                state=state,
                value=value,
            )
        )
    view = SelectorView.model_validate(row)
    return SelectionView(
        **view.model_dump(), dry_run=dry_run, counts=chosen.counts(), selected=selected
    )
