"""Ask the database: one scan for all rules about rows, a statement for each rule about a set.

Every statement has its time and a savepoint of its own. One that fails is asked rule by rule, so
that a rule which cannot be answered says so, and holds up no other.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Final

import structlog
from sqlalchemy.exc import DBAPIError

from datahub.quality.domain.rule import Rule
from datahub.quality.repository import row_checks, set_checks
from datahub.quality.repository.row_checks import Statement
from datahub.quality.repository.sql import records_of, staged_rows
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.sql import text

SECONDS: Final = 30.0
"""Time that a statement may take."""

_REASONS: Final = {"57014": "timeout", "55P03": "locked"}
_OF_THE_RULE: Final = ("21", "22", "42", "54", "57014", "55P03")
"""SQL states that blame the statement; any other says that the database is away."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Counts:
    """What a rule found."""

    checked: int = 0
    failed: int = 0
    by_feed: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Checked and failed rows of each feed."""

    observed: Decimal | None = None
    error: str | None = None
    """Why it could not be asked; no value of a record is in it."""


@dataclass(frozen=True, slots=True)
class HeldLines:
    """What a rule found in the staged rows of a batch."""

    rule: Rule
    checked: int
    lines: tuple[int, ...]


class UnanswerableError(DomainError):
    """The database refuses a rule, or cannot answer it in its time."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "quality-rule-unanswerable"
    title_zh: ClassVar = "这条规则此刻无法计算"
    title_en: ClassVar = "The rule cannot be answered now"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"规则无法计算：{reason}",
            f"the rule cannot be answered: {reason}",
            fixes=["稍后再试，或修改规则 (try again later, or mend the rule)"],
        )
        self.reason = reason


async def count_rules(
    tx: Transaction,
    rules: Sequence[Rule],
    writers: Mapping[str, Sequence[str]],
    seconds: float = SECONDS,
) -> dict[str, Counts]:
    """Return what each rule of one entity finds in its records.

    Args:
        writers: by rule, the feeds that write its fields.
    """
    found: dict[str, Counts] = {}
    about_rows = [rule for rule in rules if rule.is_row]
    async with _limited(tx, seconds):
        for scan in row_checks.scans(about_rows):
            found |= await _count_rows(tx, scan, writers)
        for rule in rules:
            if not rule.is_row:
                found[rule.id] = await _count_set(tx, rule, writers[rule.id])
    return found


async def _count_rows(
    tx: Transaction, rules: Sequence[Rule], writers: Mapping[str, Sequence[str]]
) -> dict[str, Counts]:
    feeds = sorted({feed for rule in rules for feed in writers[rule.id]})
    statement = row_checks.count_statement(records_of(rules[0].entity), rules, feeds)
    try:
        [row] = await _ask(tx, statement)
    except UnanswerableError as error:
        if len(rules) == 1:
            return {rules[0].id: Counts(error=error.reason)}
        singles: dict[str, Counts] = {}
        for rule in rules:
            singles |= await _count_rows(tx, [rule], writers)
        return singles
    width = 2 + 2 * len(feeds)
    return {
        rule.id: _counts(row["counts"][number * width :][:width], feeds, writers[rule.id])
        for number, rule in enumerate(rules)
    }


async def _count_set(tx: Transaction, rule: Rule, feeds: Sequence[str]) -> Counts:
    try:
        [row] = await _ask(tx, set_checks.count_statement(rule, feeds))
    except UnanswerableError as error:
        return Counts(error=error.reason)
    return _counts(row["counts"], feeds, feeds, row["observed"])


def _counts(
    numbers: Sequence[int],
    feeds: Sequence[str],
    wanted: Sequence[str],
    observed: Decimal | None = None,
) -> Counts:
    pairs = dict(zip(feeds, zip(numbers[2::2], numbers[3::2], strict=True), strict=True))
    by_feed = {feed: pairs[feed] for feed in wanted if pairs[feed][0]}
    return Counts(numbers[0], numbers[1], by_feed, observed)


async def hold_lines(
    tx: Transaction, rules: Sequence[Rule], stage: str, seconds: float = SECONDS
) -> list[HeldLines]:
    """Return what rules find in the staged rows of a batch; none of a rule that cannot be asked."""
    found: list[HeldLines] = []
    if rules:
        async with _limited(tx, seconds):
            for scan in row_checks.scans(rules):
                found += await _hold(tx, scan, stage)
    return found


async def _hold(tx: Transaction, rules: Sequence[Rule], stage: str) -> list[HeldLines]:
    statement = row_checks.hold_statement(staged_rows(stage, rules[0].entity), rules)
    try:
        [row] = await _ask(tx, statement)
    except UnanswerableError as error:
        if len(rules) == 1:
            log.warning("quality_gate_open", rule=rules[0].id, why=error.reason)
            return []
        return [each for rule in rules for each in await _hold(tx, [rule], stage)]
    return [
        HeldLines(rule, row[f"checked{number}"], tuple(row[f"lines{number}"]))
        for number, rule in enumerate(rules)
    ]


async def list_failures(
    tx: Transaction, rule: Rule, *, limit: int, offset: int, after: str | None
) -> list[dict[str, Any]]:
    """Return the units that fail a rule now, in the order of their names.

    Raises:
        UnanswerableError: the rule cannot be asked, or not within its time.
    """
    units = _units(rule)
    statement = Statement(
        f"SELECT unit, detail FROM ({units.sql}) u"
        ' WHERE x AND (CAST(:after AS text) IS NULL OR unit > :after COLLATE "C")'
        ' ORDER BY unit COLLATE "C" LIMIT :limit OFFSET :offset',
        {**units.values, "limit": limit, "offset": offset, "after": after},
    )
    async with _limited(tx, SECONDS):
        rows = await _ask(tx, statement)
    return [{"unit": row["unit"], "values": row["detail"]} for row in rows]


async def count_failures(tx: Transaction, rule: Rule) -> int:
    """Return how many units fail a rule now.

    Raises:
        UnanswerableError: the rule cannot be asked, or not within its time.
    """
    units = _units(rule)
    statement = Statement(f"SELECT count(*) AS n FROM ({units.sql}) u WHERE x", units.values)
    async with _limited(tx, SECONDS):
        [row] = await _ask(tx, statement)
    return int(row["n"])


def _units(rule: Rule) -> Statement:
    if rule.is_row:
        return row_checks.units_statement(records_of(rule.entity), rule)
    return set_checks.units_statement(rule)


async def _ask(tx: Transaction, statement: Statement) -> Sequence[Mapping[str, Any]]:
    """Ask within a savepoint, so that a refusal leaves the transaction as it was."""
    try:
        async with tx.session.begin_nested():
            result = await tx.session.execute(text(statement.sql), statement.values)
            return [dict(row) for row in result.mappings()]
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", None) or "")
        if error.connection_invalidated or not state.startswith(_OF_THE_RULE):
            raise
        raise UnanswerableError(_REASONS.get(state, f"SQLSTATE {state}")) from None


@asynccontextmanager
async def _limited(tx: Transaction, seconds: float) -> AsyncGenerator[None]:
    """Limit the time of each statement within."""
    before = str(await tx.session.scalar(text("SHOW statement_timeout")))
    await _set_time(tx, f"{int(seconds * 1000)}ms")
    yield
    await _set_time(tx, before)


async def _set_time(tx: Transaction, time: str) -> None:
    await tx.session.execute(
        text("SELECT set_config('statement_timeout', :time, true)"), {"time": time}
    )
