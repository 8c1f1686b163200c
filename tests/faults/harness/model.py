"""What was pushed and acknowledged, and what the tables must say in the end."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from harness.contracts import CODES, UNMAPPED
from shared.contracts.vocabulary import ratio

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Rows that are handed over together: one request, or some messages."""

    channel: str
    """``rest`` or ``nats``."""

    op: str
    """``upsert`` or ``delete``."""

    parts: tuple[tuple[Row, ...], ...]
    """By message; a request has one part."""

    @property
    def rows(self) -> list[Row]:
        """Every row, in order."""
        return [row for part in self.parts for row in part]


@dataclass(slots=True)
class Model:
    """The state that the acknowledged pushes add up to."""

    records: dict[str, Row | None] = field(default_factory=dict)
    """By key: the last version that has a place in the tables; None once it is deleted."""

    received: Counter[str] = field(default_factory=Counter)
    """Rows by channel."""

    aside: int = 0
    """Rows with a code that means nothing."""

    versions: Counter[str] = field(default_factory=Counter)
    """By key: how often it was pushed, at most the changes it can have."""

    answers: dict[int, dict[str, Any]] = field(default_factory=dict)
    """What REST answered, by batch."""

    messages: set[str] = field(default_factory=set)
    """Ids that JetStream acknowledged."""

    faults: list[str] = field(default_factory=list)
    """Answers that must not be: anything but 2xx, or 503 while something is away."""

    def take(self, push: Push) -> None:
        """Note an acknowledged push."""
        for row in push.rows:
            self.received[push.channel] += 1
            if row.get("result") == UNMAPPED:
                self.aside += 1
                continue
            key = f"{row['class']}/{row['student']}"
            self.records[key] = None if push.op == "delete" else row
            self.versions[key] += 1

    def live(self) -> dict[str, Row]:
        """Return the records that are not deleted."""
        return {key: row for key, row in self.records.items() if row is not None}

    def measured(self) -> dict[tuple[str, str], Decimal | None]:
        """Return the value of every indicator of every class, counted in plain Python."""
        rows: dict[str, list[Row]] = {}
        for key, row in self.records.items():
            group = rows.setdefault(key.split("/")[0], [])
            if row is not None:
                group.append(row)
        values: dict[tuple[str, str], Decimal | None] = {}
        for class_no, group in rows.items():
            passed = sum(CODES[row["result"]] == "pass" for row in group)
            effort = sum((Decimal(row["version"]) for row in group), Decimal(0))
            empty = not group
            values["faults_enrolled", class_no] = None if empty else Decimal(len(group))
            values["faults_effort", class_no] = None if empty else effort
            values["faults_passed", class_no] = (
                None if empty else ratio(Decimal(passed), Decimal(len(group)))
            )
        return values
