"""Rules: put a version, publish it, put it in force or out of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

import structlog

from alert_service.domain.life import Alert, How, Settlement, Step
from alert_service.domain.rules import linting
from alert_service.domain.rules.linting import Known
from alert_service.domain.rules.model import Absent, Rule
from alert_service.domain.rules.reading import leaves_of_rule, read_by
from alert_service.domain.rules.turns import present_period
from alert_service.repository import alerts, cells, names, rules, signals
from alert_service.schemas.rules import RuleBody, RuleLint
from alert_service.tables import RuleRow
from alert_service.usecases.ruling import ANEW, RULE, Judge, lock_cells, look_again, read_key
from alert_service.usecases.telling import tell
from shared.calendar import CAMPUS
from shared.calendar.table import read_calendar
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.timers import Due, see_due, set_timers, take_due, take_seen

Precondition = Callable[[int | None], None]

HISTORY: Final = timedelta(days=400)
"""So long what rules may read is kept as it came. Source: our default."""

SWEEP: Final = timedelta(hours=24)
"""How often it is looked for what is absent."""

BY_US: Final = "service/alert"
_CELLS: Final = 500
_KEPT: Final = 5_000

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Put:
    """What putting a rule did."""

    version: int
    created: bool
    changed: bool


class RuleInUseError(DomainError):
    """A rule that was in force is kept, with what it raised."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "rule-in-use"
    title_zh: ClassVar = "规则已启用过"
    title_en: ClassVar = "The rule has been in force"


class RuleUnpublishedError(DomainError):
    """No version of a rule was published: it cannot be in force."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "rule-unpublished"
    title_zh: ClassVar = "规则尚未发布"
    title_en: ClassVar = "The rule is not published"


async def lint_rule(tx: Transaction, key: str, body: RuleBody) -> RuleLint:
    """Return everything that contradicts itself in a rule, and how many scopes it is about."""
    rule = body.to_rule(key, 0)
    known = await _known(tx, rule)
    faults = linting.by_path(linting.lint(rule, body.unit, known))
    return RuleLint(holds=not faults, faults=faults, scopes=known.scopes)


async def put_rule(
    tx: Transaction, key: str, body: RuleBody, expect: Precondition, by: str, at: datetime
) -> Put:
    """Put a rule, or its next version, which is in force once it is published.

    Raises:
        FaultyRuleError: it contradicts itself; everything is named at once.
    """
    await rules.lock_rules(tx)
    row = await rules.find_rule(tx, key, lock=True)
    expect(row.counter if row else None)
    rule = body.to_rule(key, 0)
    linting.refuse_faulty(rule, body.unit, await _known(tx, rule))
    document = body.to_document()
    if row is not None:
        newest = await rules.get_version(tx, key, row.version)
        if newest.document == document:
            return Put(row.version, created=False, changed=False)
        row.version += 1
    else:
        row = await _new_row(tx, key, by, at, shipped=False)
    await rules.add_version(tx, row, document, by, at)
    await rules.touch(tx, row, by, at)
    return Put(row.version, created=row.version == 1, changed=True)


async def publish_rule(
    tx: Transaction, key: str, version: int | None, expect: Precondition, by: str, at: datetime
) -> bool:
    """Put a version of a rule in force, the newest where none is named; return whether it is new.

    A rule that is published for the first time is enabled by it; one that was put out of force
    stays so. Its cells are judged anew.

    Raises:
        RuleNotFoundError: it has no such version.
        FaultyRuleError: it contradicts itself by what is known now.
    """
    await rules.lock_rules(tx)
    row = await rules.get_rule(tx, key, lock=True)
    expect(row.counter)
    wanted = await rules.get_version(tx, key, version or row.version)
    if row.published == wanted.version:
        return False
    body = RuleBody.model_validate(wanted.document)
    rule = body.to_rule(key, wanted.version)
    linting.refuse_faulty(rule, body.unit, await _known(tx, rule))
    wanted.published_by, wanted.published_at = by, at
    row.enabled = row.enabled or row.published is None
    row.published = wanted.version
    await rules.touch(tx, row, by, at)
    if row.enabled:
        await _begin(tx, key, at)
    return True


async def enable_rule(
    tx: Transaction, key: str, expect: Precondition, by: str, at: datetime, *, enabled: bool
) -> bool:
    """Put a rule in force or out of it; return whether it was otherwise.

    What it warns of ends with it (``withdrawn``).

    Raises:
        RuleNotFoundError: no rule has that key.
        RuleUnpublishedError: none of its versions was published.
    """
    await rules.lock_rules(tx)
    row = await rules.get_rule(tx, key, lock=True)
    expect(row.counter)
    if row.published is None:
        raise RuleUnpublishedError(
            f"规则 {key} 尚未发布：先 POST /rules/{key}/publication",
            f"{key} is not published: POST /rules/{key}/publication first",
        )
    if row.enabled is enabled:
        return False
    row.enabled = enabled
    await rules.touch(tx, row, by, at)
    if enabled:
        await _begin(tx, key, at)
    else:
        await _end(tx, key, at)
    return True


async def drop_rule(tx: Transaction, key: str, expect: Precondition) -> None:
    """Drop a rule that was never published.

    Raises:
        RuleNotFoundError: no rule has that key.
        RuleInUseError: it was published once.
    """
    await rules.lock_rules(tx)
    row = await rules.get_rule(tx, key, lock=True)
    expect(row.counter)
    if row.published is not None:
        raise RuleInUseError(
            f"规则 {key} 发布过，只能停用：PUT /rules/{key}/enabled",
            f"{key} was published, and can only be put out of force: PUT /rules/{key}/enabled",
        )
    await tx.session.delete(row)


async def install_shipped(tx: Transaction, at: datetime) -> None:
    """Put what the package ships: published, and out of force until the college wants it.

    A rule that the college changed stays as it made it.
    """
    await rules.lock_rules(tx)
    known = await rules.list_documents(tx)
    for key, body in rules.shipped().items():
        document = body.to_document()
        row, newest = known.get(key, (None, None))
        if row is None:
            row = await _new_row(tx, key, BY_US, at, shipped=True)
        elif newest == document or row.changed_by != BY_US:
            continue
        else:
            row.version += 1
        row.published = row.version
        await rules.add_version(tx, row, document, BY_US, at, published=True)
        await rules.touch(tx, row, BY_US, at)


async def look_at_due(tx: Transaction, judge: Judge) -> bool:
    """Judge what has its time, begin with rules that are new; return whether there was any."""
    # Before the timers: who learns of scopes, and who changes rules, sets such under these locks.
    await names.share_scopes(tx)
    due = await see_due(tx, RULE, _CELLS)
    if due is None:
        return False
    await judge.books.read(tx)
    whole = await take_due(tx, RULE, 1, [key for key in due.keys if "@" not in key])
    if whole is not None:
        await _take_up(tx, whole.keys[0], whole.at, judge)
        return True
    return await _look_at_cells(tx, due, judge)


async def _look_at_cells(tx: Transaction, due: Due, judge: Judge) -> bool:
    """Judge cells that are due; return whether there were any.

    Whoever judges by a signal locks what it is of, and sets timers of cells then: in this order.
    """
    wanted = [key for key in due.keys if "@" in key]
    await lock_cells(tx, map(read_key, wanted), judge)
    # Another replica may have looked at them until they were locked.
    left = await see_due(tx, RULE, _CELLS, wanted)
    if left is None:
        return False
    anew = [read_key(key) for key in left.keys if key.startswith(ANEW)]
    again = [read_key(key) for key in left.keys if not key.startswith(ANEW)]
    if anew:
        await look_again(tx, anew, left.at, judge, anew=True)
    if again:
        await look_again(tx, again, left.at, judge)
    await take_seen(tx, RULE, left)
    return True


async def _begin(tx: Transaction, key: str, at: datetime) -> None:
    """Have a rule taken up by whichever process comes first."""
    await set_timers(tx, RULE, {key: at})


async def _take_up(tx: Transaction, key: str, at: datetime, judge: Judge) -> None:
    """Judge a rule at everything that is known, and look for what is absent."""
    book = await judge.books.read(tx)
    compiled = book.rules.get(key)
    if compiled is None:
        return
    rule = compiled.rule
    heard = await signals.load_newest(tx, compiled.reads, at - HISTORY, at)
    await cells.lock_reads(tx, [f"{kind}/{name}" for kind, name in compiled.reads])
    for place in range(0, len(heard), _KEPT):
        await signals.keep_newest(tx, heard[place : place + _KEPT])
    anchor = [compiled.anchor] if compiled.anchor else compiled.reads
    known = await signals.places_of(tx, anchor)
    wanted = [(scope, period) for scope, period in known if scope.startswith(compiled.kind)]
    wanted += [(alert.scope, alert.period) for alert in await cells.alerts_of_rule(tx, rule.id)]
    dues: dict[str, datetime | None] = {
        f"{ANEW}rule/{key}@{scope}@{period}": at for scope, period in wanted
    }
    await set_timers(tx, RULE, dues | await _missing(tx, rule, at))


async def _missing(tx: Transaction, rule: Rule, at: datetime) -> dict[str, datetime | None]:
    """Return the timers of cells that may miss a value, and of the next look for such."""
    if not any(isinstance(leaf, Absent) for leaf in leaves_of_rule(rule)):
        return {}
    kind = next(iter(sorted(rule.periods)), "year")
    day = at.astimezone(CAMPUS).date()
    period = present_period(kind, day, await read_calendar(tx))
    dues: dict[str, datetime | None] = {rule.key: at + SWEEP}
    if period is not None:
        chosen = await rules.list_scopes(tx, rule.selector, linting.MOST_SCOPES + 1)
        if len(chosen) > linting.MOST_SCOPES:
            # There were fewer when it was published; who publishes it anew is told.
            log.warning("rule_about_too_many", rule=rule.key, most=linting.MOST_SCOPES)
            chosen.pop()
        dues |= {f"rule/{rule.key}@{scope}@{period}": at for scope in chosen}
    return dues


async def _end(tx: Transaction, key: str, at: datetime) -> None:
    steps: list[tuple[Step, Alert]] = []
    for alert in await cells.alerts_of_rule(tx, f"rule/{key}"):
        over = Settlement(how=How.WITHDRAWN, at=at, effect=None)
        ended = replace(alert, version=alert.version + 1, hold=None, settled=over)
        steps.append((Step.SETTLED, ended))
    await alerts.save_steps(tx, steps, at)
    await tell(tx, steps, at)
    await cells.forget_rule(tx, key)


async def _new_row(tx: Transaction, key: str, by: str, at: datetime, *, shipped: bool) -> RuleRow:
    row = RuleRow(
        key=key,
        version=1,
        published=None,
        enabled=False,
        shipped=shipped,
        epoch=0,
        counter=0,
        changed_by=by,
        changed_at=at,
    )
    tx.session.add(row)
    return row


async def _known(tx: Transaction, rule: Rule) -> Known:
    read = {read_by(leaf)[1] for leaf in leaves_of_rule(rule)} - {""}
    units: Mapping[str, str] = await rules.units_of(tx, read)
    return Known(units=units, scopes=await rules.count_scopes(tx, rule.selector))
