"""Read the tables of the read model as they are, or as they were at a moment."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    column,
    func,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from report_service.domain.facts import names_of
from report_service.repository.known import table_of
from report_service.tables import Known, PastRow
from shared.kit.database import Transaction

Fact = TypeVar("Fact")
Groups = dict[tuple[str, str, str], Any]
"""By kind of object, period and indicator: what was found of the groups of one moment, so that the
twelve thousand reports of a batch do not each go through the values of all twelve thousand. Medians
(`GroupFact`, or None) and, under ``with/<indicator>``, sums with other indicators."""

Where = Callable[[Any], ColumnElement[bool]]


class Reading:
    """Reads facts as they are, or as they were at a moment."""

    def __init__(
        self, tx: Transaction, as_of: datetime | None, groups: Groups | None = None
    ) -> None:
        self.tx = tx
        self.as_of = as_of
        self.groups = groups

    async def all(
        self,
        kind: type[Fact],
        table: type[Known],
        where: Where,
        *,
        kept: ColumnElement[bool] | None = None,
    ) -> list[Fact]:
        """Return the facts of a kind, in the order of their keys.

        Args:
            kept: where among what stood before those can be that ``where`` is about.
        """
        row = self.table(table, kept)
        names = names_of(kind)
        keys = [getattr(row, each.name) for each in table_of(table).primary_key]
        query = select(*[getattr(row, name) for name in names]).where(where(row)).order_by(*keys)
        found = await self.tx.session.execute(query)
        return [kind(**dict(zip(names, each, strict=True))) for each in found]

    def table(self, table: type[Known], kept: ColumnElement[bool] | None = None) -> Any:
        """Return a table as it is, or as it was, to be asked.

        Args:
            kept: as of `all`. Without it, all that ever stood before is gone through.
        """
        if self.as_of is None:
            return table
        now = table_of(table)
        still = select(*now.columns).where(now.c.at <= self.as_of)
        body = func.jsonb_populate_record(literal_column(f"NULL::{now.name}"), PastRow.body)
        columns = [column(each.name, each.type) for each in now.columns]
        read = body.table_valued(*columns).alias("was")
        was = (
            select(*[read.c[each.name] for each in now.columns])
            .select_from(PastRow)
            .join(read, true())
            .where(PastRow.kind == now.name, PastRow.at <= self.as_of, PastRow.until > self.as_of)
            .where(true() if kept is None else kept)
        )
        return aliased(table, union_all(still, was).subquery())
