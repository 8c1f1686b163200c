"""What people say of measured values, as it is kept."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final

from datahub.indicators.domain.statements import Statement, StatementNotFoundError
from datahub.indicators.repository.standing import standing_sql
from datahub.locks import Space
from shared.kit.database import Transaction
from shared.kit.sql import text

Row = dict[str, Any]

_NAMES: Final = tuple(Statement.__dataclass_fields__)
_ALL: Final = ", ".join(f'"{each}"' for each in _NAMES)
_WHERE: Final = """
     WHERE (CAST(:state AS text) IS NULL OR v.state = :state)
       AND (CAST(:indicator AS text) IS NULL OR v.indicator = :indicator)
       AND (CAST(:scope AS text) IS NULL OR v.scope = :scope)
       AND (CAST(:period AS text) IS NULL OR v.period = :period)
       AND (CAST(:seen AS text[]) IS NULL OR v.scope = ANY(:seen) OR v."by" = :by)
"""
_ANY: Final = dict.fromkeys(("state", "indicator", "scope", "period", "seen", "by"))


async def lock_cell(tx: Transaction, cell: str) -> None:
    """Let whoever else says something of a value wait, or answers it."""
    await tx.session.execute(
        text(f"SELECT pg_advisory_xact_lock({Space.VALUE_STATEMENT}, hashtext(:cell))"),
        {"cell": cell},
    )


async def measured(tx: Transaction, cell: str) -> Decimal | None:
    """Return the value of a cell; None where it has none."""
    value: Decimal | None = await tx.session.scalar(
        text("SELECT value FROM measurement WHERE id = :cell"), {"cell": cell}
    )
    return value


async def is_contested(tx: Transaction, cell: str) -> bool:
    """Return whether an objection to a value waits for its answer."""
    query = (
        "SELECT EXISTS (SELECT FROM value_statement WHERE state = 'contested'"
        " AND indicator || '|' || scope || '|' || period = :cell)"
    )
    return bool(await tx.session.scalar(text(query), {"cell": cell}))


async def get(tx: Transaction, statement: str) -> Statement:
    """Return a statement, locked.

    Raises:
        StatementNotFoundError: there is none of that id.
    """
    query = text(f"SELECT {_ALL} FROM value_statement WHERE id = :id FOR UPDATE")
    rows = await tx.session.execute(query, {"id": statement})
    row = rows.mappings().one_or_none()
    if row is None:
        raise nothing(statement)
    return Statement(**row)


async def save(tx: Transaction, statement: Statement) -> None:
    """Keep a statement as it stands."""
    given = ", ".join(f":{each}" for each in _NAMES)
    later = ("state", "version", "answer", "answered_by", "answered_at", "read_at")
    anew = ", ".join(f"{each} = excluded.{each}" for each in later)
    await tx.session.execute(
        text(
            f"INSERT INTO value_statement ({_ALL}) VALUES ({given})"
            f" ON CONFLICT (id) DO UPDATE SET {anew}"
        ),
        asdict(statement),
    )


async def page(
    tx: Transaction, which: Row, owner: str, *, limit: int, offset: int = 0, before: str | None
) -> list[Row]:
    """Return statements, the newest first, and what ``owner`` is to the scope of each."""
    rows = await tx.session.execute(
        text(
            f"SELECT v.*, asks.answers, asks.leads FROM value_statement v"
            f" CROSS JOIN LATERAL ({standing_sql('v.scope')}) asks {_WHERE}"
            " AND (CAST(:before AS text) IS NULL OR v.id < :before)"
            " ORDER BY v.id DESC LIMIT :limit OFFSET :offset"
        ),
        {**_ANY, **which, "owner": owner, "limit": limit, "offset": offset, "before": before},
    )
    return [dict(row) for row in rows.mappings()]


async def count(tx: Transaction, which: Row) -> int:
    """Return how many there are."""
    query = text(f"SELECT count(*) FROM value_statement v {_WHERE}")
    return int(await tx.session.scalar(query, _ANY | which) or 0)


def nothing(statement: str) -> StatementNotFoundError:
    """Return that there is none of that id."""
    return StatementNotFoundError(f"没有意见 {statement}", f"nobody made a statement {statement}")
