"""A rule is evaluated on a few rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from datahub.dictionary.domain.entity import Dictionary
from datahub.quality.domain.rule_document import parse_rule
from datahub.quality.repository import evaluating

Row = Mapping[str, Any]


async def rows(hub: Any, entity: str, *records: Row) -> None:
    """Let an entity have these records; one with ``gone`` is a tombstone."""
    await hub.sql(f"DELETE FROM record_{entity}")  # noqa: S608
    for number, record in enumerate(records):
        names = [name for name in record if name != "gone"]
        columns = "".join(f', "{name}"' for name in names)
        values = "".join(f", :{name}" for name in names)
        gone = "now()" if record.get("gone") else "NULL"
        await hub.sql(
            f"INSERT INTO record_{entity}"  # noqa: S608
            f" (key, version, observed, batch, line, deleted_at{columns})"
            f" VALUES ('R{number}', 1, 0, 0, 0, {gone}{values})",
            **{name: record[name] for name in names},
        )


class Found:
    """What a rule found."""

    def __init__(self, counts: evaluating.Counts, units: Sequence[Mapping[str, Any]]) -> None:
        self.pair = counts.checked, counts.failed
        self.observed = counts.observed
        self.error = counts.error
        self.units = [each["unit"] for each in units]
        self.values = [each["values"] for each in units]


async def ask(hub: Any, dictionary: Dictionary, **spec: Any) -> Found:
    """Evaluate one rule; what it counts must be what it lists."""
    rule = parse_rule({"rule": "r", "zh": "规则", "en": "Rule", **spec}, dictionary, 1)
    async with hub.database.transaction() as tx:
        found = await evaluating.count_rules(tx, [rule], {"r": []})
        units = await evaluating.list_failures(tx, rule, limit=100, offset=0, after=None)
        assert await evaluating.count_failures(tx, rule) == found["r"].failed == len(units)
    return Found(found["r"], units)
