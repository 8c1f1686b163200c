"""Selectors: bindings for all scopes of a kind that are chosen, kept in step with the scopes.

A binding that was given by hand wins over a selector; whichever selector holds a cell keeps it
until it lets it go.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

import structlog

from shared.errors import DomainError, ErrorKind, no_such
from shared.kit.database import Transaction
from shared.kit.timers import set_timers
from target_service.domain.cells import unmeasured
from target_service.domain.judge import Rules
from target_service.domain.lines import LinesError
from target_service.domain.periods import faults_of_spelling
from target_service.domain.units import Faults
from target_service.repository import chain, measured, names, selectors
from target_service.schemas.selectors import SelectorBody
from target_service.tables import BindingRow, SelectorRow
from target_service.usecases.checks import (
    Precondition,
    Put,
    document,
    refuse_move,
    unknown_names,
    unknown_owner,
)
from target_service.usecases.facts import publish_bindings
from target_service.usecases.inheriting import (
    Heritage,
    assign,
    day_of,
    heritage_of,
    line_up,
    take_lines,
)
from target_service.usecases.judging import forget_judgements, judge_bindings

_SAID: Final = (
    *("title", "standard", "target", "tiers", "warning"),
    *("alert_from", "max_age_days", "owner"),
)
"""What a selector says of each of its bindings."""

_LEAVES: Final = ("student/", "teacher/", "class/")
"""Kinds of scope that nothing lies in."""

_EXCLUDE: Final = (
    "POST /api/target/v1/selectors：把 {} 列入 {} 的 excluded (name the scope in its `excluded`)"
)

log = structlog.get_logger()


class HeldBySelectorError(DomainError):
    """A selector made the binding, and would make it again."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "held-by-selector"
    title_zh: ClassVar = "由选择器生成"
    title_en: ClassVar = "A selector made it"


@dataclass(slots=True)
class Selection:
    """What a selector made of its scopes."""

    outcomes: dict[str, str] = field(default_factory=dict)
    """By scope."""

    bindings: dict[str, BindingRow] = field(default_factory=dict)
    """By scope: whichever binds its cell."""

    def add(self, outcome: str, row: BindingRow) -> None:
        """Note what became of a scope."""
        self.outcomes[row.scope], self.bindings[row.scope] = outcome, row

    def counts(self) -> dict[str, int]:
        """Return how many scopes have each outcome."""
        return dict(sorted(Counter(self.outcomes.values()).items()))


async def put_selector(
    tx: Transaction, body: SelectorBody, expect: Precondition, at: datetime, rules: Rules
) -> tuple[Put[SelectorRow], Selection]:
    """Make or change a selector, and bind what it chooses.

    Raises:
        LinesError: its lines contradict each other, or what its indicator can have.
        UnknownReferenceError: what it refers to is not there.
        MovedError: it is there with another indicator or period.
    """
    await chain.lock_chain(tx)
    row = await selectors.find_selector(tx, body.key)
    created = row is None or row.withdrawn_at is not None
    expect(row.version if row and not created else None)
    misspelled = faults_of_spelling({"$.period": body.period})
    if row and not misspelled:
        refuse_move(row, body, ("indicator", "period"))
    unknown = await _unknown(tx, body, row, is_period=not misspelled)
    row = row or SelectorRow(key=body.key, version=0)
    with chain.unwritten(tx):
        changed = assign(row, _values(body))
    await _check_lines(tx, row, at, unknown, [*misspelled, *_misplaced(body)])
    if changed:
        row.version, row.updated_at = row.version + 1, at
        tx.session.add(row)
        await chain.flush(tx)
    selection = await _keep_in_step(tx, row, at, rules, is_strict=True)
    return Put(row=row, created=created, changed=changed), selection


async def withdraw_selector(
    tx: Transaction, key: str, expect: Precondition, at: datetime, rules: Rules
) -> None:
    """Withdraw a selector with all that it bound; other selectors may take its cells.

    Raises:
        NotFoundError: no selector has that key, or it is withdrawn already.
    """
    await chain.lock_chain(tx)
    row = await selectors.find_selector(tx, key)
    if row is None or row.withdrawn_at:
        raise chain.not_found("选择器", "selector", key)
    expect(row.version)
    row.version, row.updated_at, row.withdrawn_at = row.version + 1, at, at
    held = [each for each in await selectors.list_cells(tx, row, []) if not each.withdrawn_at]
    await let_go(tx, held, at, rules)
    for other in await selectors.list_selectors(tx, (row.indicator, row.period)):
        await _keep_in_step(tx, other, at, rules)


async def follow_scopes(tx: Transaction, scopes: Sequence[str], at: datetime, rules: Rules) -> None:
    """Bring bindings in step with scopes that came, went, or are sorted otherwise now."""
    rows = await selectors.list_by_standard(tx, scopes)
    broken = await line_up(tx, rows, at) if rows else []
    if broken:
        log.warning("class_not_adopted", bindings=[each.row.key for each in broken])
    await judge_bindings(tx, [row.key for row in rows], at, rules)
    has_inner = any(not each.startswith(_LEAVES) for each in scopes)
    for selector in await selectors.list_selectors(tx):
        # What lies elsewhere moves all that lies in it.
        among = None if has_inner and selector.units else scopes
        await _keep_in_step(tx, selector, at, rules, among=among)


async def follow_cell(tx: Transaction, row: BindingRow, at: datetime, rules: Rules) -> None:
    """Let selectors take the cell that a binding given by hand has left."""
    for selector in await selectors.list_selectors(tx, (row.indicator, row.period)):
        await _keep_in_step(tx, selector, at, rules, among=[row.scope])


async def take_cell(tx: Transaction, row: BindingRow, at: datetime, rules: Rules) -> None:
    """Let go what selectors made for the cell of a binding given by hand: it wins."""
    await let_go(tx, await selectors.list_in_cell(tx, row), at, rules)


async def let_go(tx: Transaction, rows: Sequence[BindingRow], at: datetime, rules: Rules) -> None:
    """Withdraw bindings: they judge no more, count in no goal, and may be put anew."""
    before = await measured.drop_attainments(tx, [row.key for row in rows])
    for row in rows:
        dropped = before.get(row.key)
        row.withdrawn_at, row.judged_before = at, dropped.seq if dropped else row.judged_before
    await set_timers(tx, measured.JUDGEMENT, {row.key: None for row in rows})
    await publish_bindings(tx, rows, at)
    await forget_judgements(tx, {row.key: before.get(row.key) for row in rows}, at, rules)


def refuse_held(row: BindingRow) -> None:
    """Refuse to withdraw what a selector would make again.

    Raises:
        HeldBySelectorError: it is so.
    """
    if row.selector:
        raise HeldBySelectorError(
            f"{row.key} 由选择器 {row.selector} 生成，撤回后会再生成",
            f"the selector {row.selector} made {row.key}, and would make it again",
            fixes=[_EXCLUDE.format(row.scope, row.selector)],
        )


async def _keep_in_step(
    tx: Transaction,
    selector: SelectorRow,
    at: datetime,
    rules: Rules,
    *,
    among: Collection[str] | None = None,
    is_strict: bool = False,
) -> Selection:
    """Bind what a selector chooses, and let go what it chooses no more.

    Args:
        among: only these scopes are looked at.
        is_strict: lines that contradict are refused; else the scope is left as it is.
    """
    chosen = await selectors.list_chosen(tx, selector, among)
    cells = await selectors.list_cells(tx, selector, chosen)
    selection = Selection()
    kept, looked_at = set(chosen), None if among is None else set(among)
    gone = [row for row in cells if _is_gone(row, selector, kept, looked_at)]
    own = {_own_key(selector, scope) for scope in chosen} - {row.key for row in cells}
    taken = await selectors.keys_taken(tx, own)
    to_bind = _to_bind(selector, chosen, cells, selection, taken)
    changed = await _line_up(tx, selector, to_bind, at, selection, is_strict=is_strict)
    await publish_bindings(tx, changed, at)
    await judge_bindings(tx, [row.key for row in changed], at, rules)
    await let_go(tx, gone, at, rules)
    for row in gone:
        selection.add("gone", row)
    return selection


def _is_gone(
    row: BindingRow, selector: SelectorRow, chosen: set[str], among: Collection[str] | None
) -> bool:
    is_mine = row.selector == selector.key and row.withdrawn_at is None
    return is_mine and row.scope not in chosen and (among is None or row.scope in among)


def _to_bind(
    selector: SelectorRow,
    chosen: Sequence[str],
    cells: Sequence[BindingRow],
    selection: Selection,
    taken: Collection[str],
) -> list[BindingRow]:
    """Return the binding of each scope that the selector may bind; note whose the others are.

    Args:
        taken: keys that bindings of other cells were given by hand.
    """
    standing = {row.scope: row for row in cells if row.withdrawn_at is None}
    by_key = {row.key: row for row in cells}
    found: list[BindingRow] = []
    for scope in chosen:
        row = standing.get(scope)
        if row is None:
            key = _own_key(selector, scope)
            key = f"{key}@{selector.key}" if key in taken else key
            cell = {"indicator": selector.indicator, "scope": scope, "period": selector.period}
            row = by_key.get(key) or BindingRow(key=key, version=0, **cell)
        elif row.selector != selector.key:
            selection.add("held" if row.selector else "by_hand", row)
            continue
        found.append(row)
    return found


def _own_key(selector: SelectorRow, scope: str) -> str:
    return f"{selector.indicator}@{scope}@{selector.period}"


async def _line_up(
    tx: Transaction,
    selector: SelectorRow,
    rows: Sequence[BindingRow],
    at: datetime,
    selection: Selection,
    *,
    is_strict: bool,
) -> list[BindingRow]:
    """Give bindings what the selector says; return those that say something else than before."""
    values: dict[str, Any] = {name: getattr(selector, name) for name in _SAID}
    values |= {"selector": selector.key, "goal": None, "scoring": None, "withdrawn_at": None}
    changed: list[BindingRow] = []
    with chain.unwritten(tx):
        for row in rows:
            row.standard = selector.standard
        known = await heritage_of(tx, rows, day_of(at))
        for row in rows:
            is_new = row.version == 0 or row.withdrawn_at is not None
            said = assign(row, values)
            if _takes(known, row, is_strict=is_strict) or said:
                changed.append(row)
                selection.add("new" if is_new else "changed", row)
            else:
                selection.add("same", row)
    return changed


def _takes(known: Heritage, row: BindingRow, *, is_strict: bool) -> bool:
    try:
        return take_lines(known, row)
    except LinesError:
        if is_strict:
            raise
        log.warning("selector_not_adopted", binding=row.key)
        return False


async def _check_lines(
    tx: Transaction, selector: SelectorRow, at: datetime, unknown: Faults, wrong: Faults
) -> None:
    """Refuse lines that contradict, also where nothing is chosen yet; with what else is wrong."""
    values: dict[str, Any] = {name: getattr(selector, name) for name in _SAID}
    row = BindingRow(
        key=selector.key,
        indicator=selector.indicator,
        scope=f"{selector.kind}/-",
        period=selector.period,
        **values,
    )
    with chain.unwritten(tx):
        take_lines(await heritage_of(tx, [row], day_of(at)), row, unknown, wrong)


def _misplaced(body: SelectorBody) -> Faults:
    """Return scopes that are of another kind than is chosen from."""
    return [
        (f"$.{name}[{place}]", f"{scope} 不是 {body.kind} (another kind of scope)")
        for name in ("scopes", "excluded")
        for place, scope in enumerate(getattr(body, name))
        if not scope.startswith(f"{body.kind}/")
    ]


async def _unknown(
    tx: Transaction, body: SelectorBody, row: SelectorRow | None, *, is_period: bool
) -> Faults:
    found = await unknown_names(tx, None, indicator=body.indicator)
    found += await unknown_owner(tx, "$.owner", body.owner, row.owner if row else None)
    cells = await names.cells_of(tx, body.indicator) if is_period else []
    missing = unmeasured(body.indicator, f"{body.kind}/-", body.period, cells)
    found += [(path.replace("$.scope", "$.kind"), reason) for path, reason in missing]
    named = {"units": body.units, "scopes": body.scopes}
    known = await names.scopes_among(tx, {*body.units, *body.scopes})
    found += [
        (f"$.{name}[{place}]", no_such("诊改对象", "scope", scope, []))
        for name, scopes in named.items()
        for place, scope in enumerate(scopes)
        if scope not in known
    ]
    return found


def _values(body: SelectorBody) -> dict[str, Any]:
    values = body.model_dump(exclude={"key", "target", "tiers", "warning", "alert_from"})
    return values | {
        "withdrawn_at": None,
        "target": document(body.target),
        "tiers": body.tiers.to_document(),
        "warning": document(body.warning),
        "alert_from": body.alert_from.value,
    }
