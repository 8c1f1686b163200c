"""Take in the newest word on each thing; the word before it becomes history."""

from collections.abc import Sequence
from functools import cache
from itertools import zip_longest
from typing import Any, Final

import msgspec
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from report_service.tables import (
    AlertRow,
    AssessmentRow,
    BindingRow,
    CampaignRow,
    CorrectionRow,
    CycleRow,
    DiagnosisRow,
    GoalRow,
    IndicatorRow,
    JudgementRow,
    Known,
    LessonRow,
    MeasurementRow,
    MeasureRow,
    ScopeRow,
    StandingRow,
    SurveyRow,
    TaskRow,
)
from shared.kit.database import Transaction
from shared.kit.sql import text

Record = dict[str, Any]

KINDS: Final[tuple[type[Known], ...]] = (
    AlertRow,
    AssessmentRow,
    BindingRow,
    CampaignRow,
    CorrectionRow,
    CycleRow,
    DiagnosisRow,
    GoalRow,
    IndicatorRow,
    JudgementRow,
    LessonRow,
    MeasurementRow,
    MeasureRow,
    ScopeRow,
    StandingRow,
    SurveyRow,
    TaskRow,
)
"""Tables of the read model."""


async def keep_newest(tx: Transaction, kind: type[Known], records: Sequence[Record]) -> None:
    """Keep the newest word on each thing; the ones before become history, an older one is nothing.

    Args:
        records: columns of the table in JSON types; what the table does not have is left out.
    """
    [key] = [each.name for each in table_of(kind).primary_key]
    for layer in layers_of(records, key):
        records_json = msgspec.json.encode(layer).decode()
        await tx.session.execute(_merge(kind), {"records": records_json})


def layers_of(records: Sequence[Record], key: str) -> list[list[Record]]:
    """Return records in layers: the oldest of each thing in the first, the next in the second.

    One statement changes a row once. Were only the newest of a batch kept, what stood between
    would depend on where batches were cut, and a report as of then could not be made again.
    """
    told: dict[str, dict[int, Record]] = {}
    for record in records:
        told.setdefault(record[key], {}).setdefault(record["version"], record)
    queues = [[versions[each] for each in sorted(versions)] for versions in told.values()]
    return [list(filter(None, layer)) for layer in zip_longest(*queues)]


def table_of(kind: type[Known]) -> Table:
    """Return the table of a kind."""
    table = kind.__table__
    assert isinstance(table, Table)
    return table


@cache
def _merge(kind: type[Known]) -> Any:
    """Return the statement that merges ``:records`` into the table of a kind.

    Rows are written in the order of their keys, or two consumers could deadlock. Not ``MERGE``:
    it fails when another consumer inserts the same key at the same time.
    """
    table = table_of(kind)
    [key] = [each.name for each in table.primary_key]
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    names = [each.name for each in table.columns]
    typed = ", ".join(f'"{each.name}" {each.type.compile(dialect)}' for each in table.columns)
    listed = ", ".join(f'"{each}"' for each in names)
    changes = ", ".join(f'"{each}" = excluded."{each}"' for each in names if each != key)
    place = ", ".join(f"old.{each}" if each in names else "''" for each in ("scope", "period"))
    return text(
        f"WITH merged AS ("
        f"INSERT INTO {table.name} ({listed}) SELECT {listed}"
        f' FROM jsonb_to_recordset(CAST(:records AS jsonb)) AS item ({typed}) ORDER BY "{key}"'
        f' ON CONFLICT ("{key}") DO UPDATE SET {changes}'
        f" WHERE {table.name}.version < excluded.version"
        f' RETURNING old."{key}" AS key, {place}, old.version, old.at, new.at AS until,'
        f" to_jsonb(old) AS body)"
        f" INSERT INTO past (kind, key, scope, period, version, at, until, body)"
        f" SELECT '{table.name}', m.* FROM merged AS m WHERE m.key IS NOT NULL"
    )
