"""Indicators say by a formula what they count; definitions that were stored before are rewritten.

The same rows are counted: what was measured by a version stays its own.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Write a formula for each stored definition."""
    op.add_column("measure_cursor", sa.Column("day", sa.Date()))
    op.add_column("measure_cursor", sa.Column("audited_on", sa.Date()))
    op.create_table(
        "indicator_measure",
        sa.Column("id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_indicator_measure"),
    )
    op.create_table(
        "indicator_sum",
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("present", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("measure", "key", "period", name="pk_indicator_sum"),
    )
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, version, document FROM indicator")).all()
    for row in rows:
        if "formula" not in row.document:
            connection.execute(
                sa.text(
                    "UPDATE indicator SET document = CAST(:document AS jsonb)"
                    " WHERE id = :id AND version = :version"
                ),
                {
                    "id": row.id,
                    "version": row.version,
                    "document": json.dumps(with_formula(row.document), ensure_ascii=False),
                },
            )


def with_formula(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition with a formula instead of numerator, denominator and entity."""
    old = ("entity", "numerator", "denominator", "scopes")
    rest = {name: value for name, value in document.items() if name not in old}
    entity, bottom = document["entity"], document.get("denominator")
    formula = _leg(document["numerator"], entity)
    if bottom:
        formula += f" / {_leg(bottom, entity)}"
    other = (bottom or {}).get("entity", entity)
    return {
        **rest,
        "formula": formula,
        "scopes": [_scope(each, other) for each in document["scopes"]],
    }


def _leg(spec: Mapping[str, Any], default: str) -> str:
    entity = spec.get("entity", default)
    where = " and ".join(_condition(each) for each in spec.get("where", []))
    rows = f"{entity} where {where}" if where else entity
    if "count" in spec:
        return f"count({rows})"
    if "sum" in spec:
        return f"sum({spec['sum']} of {rows})"
    return f"count(distinct {spec['count_distinct']} of {rows})"


def _condition(condition: Sequence[Any]) -> str:
    match condition:
        case [field, "is_null"]:
            return f"{field} is null"
        case [field, "not_null"]:
            return f"{field} is not null"
        case [field, op, {"field": other}]:
            return f"{field} {op} {other}"
        case [field, "in", list() as values]:
            return f"{field} in ({', '.join(_constant(each) for each in values)})"
        case [field, op, value]:
            return f"{field} {op} {_constant(value)}"
        case _:
            raise AssertionError(condition)


def _constant(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return "'{}'".format(str(value).replace("'", "''"))


def _scope(scope: Mapping[str, Any], other: str) -> dict[str, Any]:
    rest = {name: each for name, each in scope.items() if not name.startswith("denominator_")}
    own: dict[str, Any] = {}
    if "denominator_key" in scope:
        own["key"] = scope["denominator_key"]
    if "denominator_period" in scope:
        own["from"] = scope["denominator_period"]["from"]
    return {**rest, "by": {other: own}} if own else rest
