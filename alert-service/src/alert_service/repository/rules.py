"""Load and save rules and their versions; what the package ships."""

import tomllib
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Final

from sqlalchemy import select

from alert_service.domain.rules.book import Book
from alert_service.domain.rules.model import Rule, Selector
from alert_service.repository.alerts import is_one_of
from alert_service.repository.names import SCOPE_LOCK
from alert_service.schemas.rules import RuleBody
from alert_service.tables import IndicatorRow, RuleRow, RuleVersionRow
from shared.access.rules import Kind
from shared.access.sight import narrowed_sql
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.sql import text

RULE_LOCK: Final = 7_002
"""Advisory lock: judging by the rules shares it, changing one has it alone."""


class RuleNotFoundError(DomainError):
    """No rule has that key."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "rule-not-found"
    title_zh: ClassVar = "没有这条规则"
    title_en: ClassVar = "No such rule"


@cache
def shipped() -> Mapping[str, RuleBody]:
    """Return the rules that the package ships, by key."""
    found: dict[str, RuleBody] = {}
    for entry in files("alert_service").joinpath("rules").iterdir():
        if entry.name.endswith(".toml"):
            read = tomllib.loads(entry.read_text(encoding="utf-8"))
            found |= {key: RuleBody.model_validate(each) for key, each in read.items()}
    return dict(sorted(found.items()))


async def lock_rules(tx: Transaction) -> None:
    """Let nobody judge by the rules until the transaction ends."""
    await tx.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": RULE_LOCK})


_EPOCH: Final = "SELECT coalesce(max(epoch), 0) FROM rule"
"""What grows with every change of any rule."""


class Books:
    """The rules in force, compiled; a process keeps them until any is changed."""

    def __init__(self) -> None:
        self._book = Book(())

    async def read(self, tx: Transaction) -> Book:
        """Return the rules in force; nobody changes one until the transaction ends.

        Scopes are shared first, as everywhere, or two would wait for each other.
        """
        driver = await tx.driver()
        await driver.execute(
            "SELECT pg_advisory_xact_lock_shared($1), pg_advisory_xact_lock_shared($2)",
            SCOPE_LOCK,
            RULE_LOCK,
        )
        epoch: int = await driver.fetchval(_EPOCH)
        if epoch != self._book.epoch:
            self._book = await _read_book(tx, epoch)
        return self._book


async def _read_book(tx: Transaction, epoch: int) -> Book:
    rows = await tx.session.execute(
        select(RuleVersionRow)
        .join(
            RuleRow,
            (RuleRow.key == RuleVersionRow.rule) & (RuleRow.published == RuleVersionRow.version),
        )
        .where(RuleRow.enabled)
        .order_by(RuleVersionRow.rule)
    )
    return Book([_rule_of(row) for row in rows.scalars()], epoch)


async def find_rule(tx: Transaction, key: str, *, lock: bool = False) -> RuleRow | None:
    """Return a rule, locked where asked."""
    return await tx.session.get(RuleRow, key, with_for_update=lock or None)


async def get_rule(tx: Transaction, key: str, *, lock: bool = False) -> RuleRow:
    """Return a rule.

    Raises:
        RuleNotFoundError: no rule has that key.
    """
    row = await find_rule(tx, key, lock=lock)
    if row is None:
        raise RuleNotFoundError(f"没有规则 {key}", f"there is no rule {key}")
    return row


async def get_version(tx: Transaction, key: str, version: int) -> RuleVersionRow:
    """Return a version of a rule.

    Raises:
        RuleNotFoundError: it has no such version.
    """
    row = await tx.session.get(RuleVersionRow, (key, version))
    if row is None:
        raise RuleNotFoundError(
            f"规则 {key} 没有版本 {version}", f"the rule {key} has no version {version}"
        )
    return row


async def list_documents(tx: Transaction) -> dict[str, tuple[RuleRow, Any]]:
    """Return every rule with what its newest version says."""
    rows = await tx.session.execute(
        select(RuleRow, RuleVersionRow.document).join(
            RuleVersionRow,
            (RuleVersionRow.rule == RuleRow.key) & (RuleVersionRow.version == RuleRow.version),
        )
    )
    return {row.RuleRow.key: (row.RuleRow, row.document) for row in rows}


async def add_version(
    tx: Transaction,
    row: RuleRow,
    document: Mapping[str, Any],
    by: str,
    at: datetime,
    *,
    published: bool = False,
) -> None:
    """Store the newest version of a rule."""
    await tx.session.flush()
    made = RuleVersionRow(
        rule=row.key,
        version=row.version,
        document=dict(document),
        made_by=by,
        made_at=at,
        published_by=by if published else None,
        published_at=at if published else None,
    )
    tx.session.add(made)
    await tx.session.flush()


async def touch(tx: Transaction, row: RuleRow, by: str, at: datetime) -> None:
    """Note that a rule is another one: every process reads the rules anew."""
    row.counter += 1
    row.changed_by, row.changed_at = by, at
    row.epoch = int(await tx.session.scalar(text(_EPOCH)) or 0) + 1
    await tx.session.flush()


async def units_of(tx: Transaction, names: Collection[str]) -> dict[str, str]:
    """Return the units of indicators, as far as they are known."""
    rows = await tx.session.execute(
        select(IndicatorRow.indicator, IndicatorRow.unit).where(
            is_one_of(IndicatorRow.indicator, sorted(names))
        )
    )
    return {row.indicator: row.unit for row in rows}


async def count_scopes(tx: Transaction, chosen: Selector) -> int:
    """Return how many known scopes a rule is about, of those that the reader knows."""
    seen, among = await narrowed_sql(tx, Kind.NAME, "chosen.scope")
    found = await tx.session.scalar(
        text(f"SELECT count(*) FROM ({_SELECTED}) chosen WHERE {seen}"),
        _parameters(chosen) | among,
    )
    return int(found or 0)


async def list_scopes(tx: Transaction, chosen: Selector, most: int) -> list[str]:
    """Return known scopes that a rule is about."""
    rows = await tx.session.scalars(
        text(f"{_SELECTED} ORDER BY s.scope LIMIT :most"), _parameters(chosen) | {"most": most}
    )
    return list(rows)


_SELECTED: Final = """
SELECT s.scope FROM scope s
 WHERE NOT s.gone AND s.scope LIKE :kind
   AND (cardinality(CAST(:keys AS text[])) = 0 OR s.scope = ANY(:keys))
   AND (cardinality(CAST(:tags AS text[])) = 0 OR s.tags && CAST(:tags AS text[]))
   AND (cardinality(CAST(:within AS text[])) = 0 OR s.scope IN (
        WITH RECURSIVE beneath (scope, steps) AS (
            SELECT unnest(CAST(:within AS text[])), 0 UNION
            SELECT c.scope, b.steps + 1 FROM beneath b JOIN scope c ON c.parents @> ARRAY[b.scope]
             WHERE b.steps < 8) SELECT scope FROM beneath))
   AND (cardinality(CAST(:but AS text[])) = 0 OR s.scope NOT IN (
        WITH RECURSIVE beneath (scope, steps) AS (
            SELECT unnest(CAST(:but AS text[])), 0 UNION
            SELECT c.scope, b.steps + 1 FROM beneath b JOIN scope c ON c.parents @> ARRAY[b.scope]
             WHERE b.steps < 8) SELECT scope FROM beneath))
"""


def _parameters(chosen: Selector) -> dict[str, Any]:
    return {
        "kind": f"{chosen.kind}/%",
        "keys": sorted(chosen.keys),
        "tags": sorted(chosen.tags),
        "within": sorted(chosen.within),
        "but": sorted(chosen.but),
    }


def _rule_of(row: RuleVersionRow) -> Rule:
    return RuleBody.model_validate(row.document).to_rule(row.rule, row.version)
