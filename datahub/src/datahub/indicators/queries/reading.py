"""Measured values as one reader may see them: nobody reads the table but through `Reading`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import msgspec
from sqlalchemy import Result

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.complements import Cell, cell_of, masked_beside
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.few import SMALLEST_GROUP
from datahub.indicators.domain.masking import MASKED, OWN_LEVEL, Mask
from datahub.indicators.queries import relatives
from datahub.indicators.queries.instants import spelled
from datahub.indicators.repository import following
from shared.access.rules import OPEN, Kind, is_among
from shared.kit.database import Transaction
from shared.kit.sql import text

Row = dict[str, Any]

RESTATED: Final = 20
"""Earlier words of one cell that are told, the newest first."""

_NUMBERS: Final = (
    "value::text, numerator::text, denominator::text, n, coverage::text, reason, formula_version,"
    " manual"
)
_CELL: Final = f"indicator, scope, period, {_NUMBERS}, freshest_at"
_WHOLE: Final = (
    "id, indicator, scope, period, value::text, numerator::text, denominator::text,"
    " n, coverage::text, freshest_at, formula_version, reason, manual, watermark, seq, measured_at"
)
_GRID: Final = f"""
SELECT coalesce(array_agg(place), '{{}}'), coalesce(array_agg(told), '{{}}'),
       coalesce(array_agg(n), '{{}}')
  FROM (
    SELECT ((i.place - 1) * cardinality($2::text[]) + s.place - 1) * cardinality($3::text[])
             + p.place - 1 AS place, m.told, m.n
      FROM unnest($1::text[]) WITH ORDINALITY AS i(id, place)
     CROSS JOIN unnest($3::text[]) WITH ORDINALITY AS p(id, place)
     -- Fenced: with thousands of cells in one condition the whole table would be read.
     CROSS JOIN LATERAL (
       SELECT scope, n,
              (SELECT row_to_json(t)::text FROM (SELECT {_NUMBERS},
                              {spelled("freshest_at")} AS freshest_at) t) AS told
         FROM measurement
        WHERE indicator = i.id AND period = p.id AND scope = ANY($2) OFFSET 0) m
      JOIN unnest($2::text[]) WITH ORDINALITY AS s(id, place) ON s.id = m.scope) cells
"""
_IS_SEEN: Final = "(scope = ANY(:seen) OR split_part(scope, '/', 1) IN ({}))".format(
    ", ".join(f"'{each}'" for each in sorted(OPEN[Kind.FIGURE]))
)
_ENTRY: Final = f"id, entry, {_NUMBERS}, watermark, measured_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which measured values are wanted; None stands for any."""

    indicators: Sequence[str] | None = None
    scopes: Sequence[str] | None = None
    periods: Sequence[str] | None = None
    kind: str | None = None
    """Kind of scope, one of the known ones."""

    def where(self, seen: Sequence[str] | None = None) -> tuple[str, dict[str, Any]]:
        """Return a condition and its values.

        Args:
            seen: scopes that the reader sees, beside those of open kinds; None for all.
        """
        named = {"indicator": self.indicators, "scope": self.scopes, "period": self.periods}
        given = {name: list(keys) for name, keys in named.items() if keys is not None}
        parts = [f"{name} = ANY(:{name})" for name in given]
        if self.kind is not None:
            parts.append(f"scope LIKE '{self.kind}/%'")
        if seen is not None:
            parts.append(_IS_SEEN)
            given["seen"] = list(seen)
        return " AND ".join(parts) or "true", given


class Reading:
    """Reads measured values in one transaction, through the mask of one reader."""

    def __init__(
        self,
        tx: Transaction,
        indicators: Mapping[str, Indicator],
        mask: Mask,
        seen: Sequence[str] | None = None,
    ) -> None:
        self.tx = tx
        self._seen = seen
        self.indicators = indicators
        """Those in force, by their ids."""

        self.mask = mask

    def seen_among(self, scopes: Sequence[str]) -> list[str]:
        """Return those of some scopes whose figures the reader sees."""
        if self._seen is None:
            return list(scopes)
        seen = set(self._seen)
        return [each for each in scopes if is_among(seen, Kind.FIGURE, each)]

    def sees_rows(self, scope: str) -> bool:
        """Return whether the reader sees what a figure of a scope was counted from."""
        return self._seen is None or scope in self._seen

    async def grid(
        self, indicators: Sequence[str], scopes: Sequence[str], periods: Sequence[str]
    ) -> list[str | None]:
        """Return what each cell says, as JSON without its names, periods within scopes.

        None where nothing was measured. One statement; PostgreSQL writes the JSON, and no row
        becomes an object here: of 24,000 cells that would take longer than the reading.
        """
        driver = await self.tx.driver()
        seen = self.seen_among(scopes)
        hidden = set(scopes) - set(seen)
        asked = [None if each in hidden else each for each in scopes]
        found = await driver.fetchrow(_GRID, indicators, asked, periods)
        told: list[str | None] = [None] * (len(indicators) * len(scopes) * len(periods))
        by_indicator = len(scopes) * len(periods)
        beside = await self._beside(indicators, seen, periods)
        for place, text_, n in zip(*(found or ()), strict=True):
            told[place] = text_
            indicator, within = divmod(place, by_indicator)
            of = Cell(
                indicators[indicator],
                scopes[within // len(periods)],
                periods[within % len(periods)],
            )
            if n < SMALLEST_GROUP or of.indicator in self.mask.classes or of in beside:
                row = self.mask.show(
                    msgspec.json.decode(text_), of._asdict(), is_beside=of in beside
                )
                told[place] = msgspec.json.encode(row).decode()
        return told

    async def _beside(
        self, indicators: Collection[str], scopes: Collection[str], periods: Collection[str]
    ) -> frozenset[Cell]:
        """Return what is masked of some values because others would give away what is masked."""
        groups = [each for each in scopes if not each.startswith(OWN_LEVEL)]
        if self.mask.sees_persons or not groups:
            return frozenset()
        found = await relatives.relatives_of(self.tx, groups)
        which = {"indicators": indicators, "scopes": found.scopes, "periods": periods}
        chosen = [each for each in indicators if each in self.mask.classes]
        rows = await relatives.measured_of(self.tx, which, chosen, SMALLEST_GROUP)
        return masked_beside(found, rows, lambda row: self.mask.hides(row, row))

    async def _shown(self, rows: Sequence[Row]) -> list[Row]:
        """Return measured values as the reader may see them."""
        cells = [cell_of(row) for row in rows]
        named = ({getattr(cell, name) for cell in cells} for name in Cell._fields)
        indicators, scopes, periods = named
        beside = await self._beside(indicators, scopes, periods)
        return [
            self.mask.show(row, is_beside=cell in beside)
            for row, cell in zip(rows, cells, strict=True)
        ]

    async def group(self, which: Which, *, of_all: bool = False) -> list[Row]:
        """Return the cells of a group, by their scopes.

        Args:
            of_all: also those that the reader does not see: he is told what they come to together.
        """
        where, values = which.where(None if of_all else self._seen)
        rows = await self.tx.session.execute(
            text(f"SELECT {_CELL} FROM measurement WHERE {where} ORDER BY scope"), values
        )
        return await self._shown(_dicts(rows))

    async def measured_periods(self, indicator: str, periods: Sequence[str]) -> list[str]:
        """Return those of some periods for which an indicator was measured, in their order."""
        rows = await self.tx.session.scalars(
            text(
                "SELECT p.period FROM unnest(CAST(:periods AS text[])) WITH ORDINALITY"
                " AS p(period, place) WHERE EXISTS (SELECT FROM measurement m"
                " WHERE m.indicator = :indicator AND m.period = p.period) ORDER BY p.place"
            ),
            {"indicator": indicator, "periods": list(periods)},
        )
        return list(rows)

    async def of_scope(self, indicator: str, scope: str, period_kind: str) -> list[Row]:
        """Return the cells of one scope for every period of a kind, in no order."""
        if not self.seen_among([scope]):
            return []
        rows = await self.tx.session.execute(
            text(
                f"SELECT id, {_CELL}, measured_at FROM measurement WHERE indicator = :indicator"
                f" AND scope = :scope AND period LIKE '{period_kind}:%'"
            ),
            {"indicator": indicator, "scope": scope},
        )
        return await self._shown(_dicts(rows))

    async def count(self, which: Which) -> int:
        """Return how many measured values there are."""
        where, values = which.where(self._seen)
        found = await self.tx.session.scalar(
            text(f"SELECT count(*) FROM measurement WHERE {where}"), values
        )
        return int(found or 0)

    async def page(
        self, which: Which, *, limit: int, offset: int = 0, after: str | None = None
    ) -> list[Row]:
        """Return measured values in the order of their ids, behind one of them."""
        where, values = which.where(self._seen)
        rows = await self.tx.session.execute(
            text(
                f"SELECT {_WHOLE} FROM measurement WHERE {where}"
                " AND (CAST(:after AS text) IS NULL OR id > :after)"
                " ORDER BY id LIMIT :limit OFFSET :offset"
            ),
            {**values, "limit": limit, "offset": offset, "after": after},
        )
        return await self._shown(_dicts(rows))

    async def cell(self, cell: str) -> Row | None:
        """Return one measured value; None when there is no such cell."""
        return next(iter(await self.cells([cell])), None)

    async def cells(self, cells: Sequence[str]) -> list[Row]:
        """Return the measured values of some ids that there are, in the order of their ids."""
        rows = await self.tx.session.execute(
            text(f"SELECT {_WHOLE} FROM measurement WHERE id = ANY(:ids) ORDER BY id"),
            {"ids": list(cells)},
        )
        seen = [row for row in _dicts(rows) if self.seen_among([row["scope"]])]
        return await self._shown(seen)

    async def history(self, cells: Mapping[str, Row]) -> dict[str, list[Row]]:
        """Return what cells said when, newest first, the present word included.

        Args:
            cells: by their ids.
        """
        rows = await self.tx.session.execute(
            text(
                f"SELECT h.* FROM unnest(CAST(:ids AS text[])) AS c(id), LATERAL ("
                f" SELECT {_ENTRY} FROM measurement_history WHERE id = c.id"
                " ORDER BY entry DESC LIMIT :limit) h ORDER BY h.id, h.entry DESC"
            ),
            {"ids": list(cells), "limit": RESTATED},
        )
        by_cell = groupby(_dicts(rows), lambda row: row["id"])
        # What is masked now could be reckoned from what was told before as well.
        shut = {cell for cell, row in cells.items() if row["reason"] == MASKED}
        return {
            cell: [
                _entry(self.mask.show(row, cells[cell], is_beside=cell in shut)) for row in entries
            ]
            for cell, entries in by_cell
        }


def _dicts(rows: Result[Any]) -> list[Row]:
    return [dict(row) for row in rows.mappings()]


def _entry(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in {"id", "entry"}}


async def open_reading(
    tx: Transaction,
    dictionary: Dictionary,
    *,
    sees_persons: bool,
    seen: Sequence[str] | None = None,
) -> Reading:
    """Return what reads for somebody.

    Args:
        sees_persons: the reader may see what small groups of persons come to.
        seen: scopes that he sees; None for all.
    """
    in_force = await following.list_indicators(tx, dictionary)
    mask = Mask.of(in_force, sees_persons=sees_persons)
    return Reading(tx, {each.id: each for each in in_force}, mask, seen)
