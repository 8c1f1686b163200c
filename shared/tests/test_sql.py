"""Statements as they are written."""

from datetime import date
from decimal import Decimal

from shared.kit.database import Database
from shared.kit.sql import columns_of, rows_of, text


def test_the_same_words_are_the_same_statement_and_it_knows_its_parameters() -> None:
    first = text("SELECT :one, CAST(:two AS text)")
    assert text("SELECT :one, CAST(:two AS text)") is first
    assert sorted(first.compile().params) == ["one", "two"]
    assert text("SELECT :one") is not first


async def test_columns_come_to_the_database_as_they_are(database: Database) -> None:
    types = {"key": "text", "number": "numeric", "count": "bigint", "holds": "bool", "at": "date"}
    rows = [
        ('a,"b"\\{}\'', Decimal("0.100000"), 2**62, True, date(2096, 11, 23)),
        ("NULL", Decimal("1E-6"), -1, False, None),
        (None, None, None, None, None),
    ]

    async with database.transaction() as tx:
        columns = columns_of(types, zip(*rows, strict=True))
        query = " ".join(("SELECT * FROM", rows_of(types)))
        found = await (await tx.driver()).fetch(query, *columns)

    assert [tuple(row) for row in found] == rows
    assert str(found[0]["number"]) == "0.100000"
