"""Small hand-made colleges, and what their indicators come to: both stand in tables of text.

In a table of records ``{Y}`` is the present year on the campus, ``{P}`` the one before, ``{M}`` the
present month, ``today-40`` the day forty days ago: what is of the present is measured for the day
on which the test runs. An empty place is no value.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from datahub.tests.national_college import deliver
from shared.kit.clock import CAMPUS, now

TODAY = now().astimezone(CAMPUS).date()
TERM = "2026-2027-1"
PERIODS = {
    "year": f"year:{TODAY:%Y}",
    "last year": f"year:{TODAY.year - 1}",
    "term": f"term:{TERM}",
    "ayear": f"ayear:{TERM[:9]}",
    "month": f"month:{TODAY:%Y-%m}",
    # The term began ten weeks ago.
    "week": f"week:{TERM}/11",
}
PAGE = 1_000

Parts = tuple[Decimal | None, Decimal | None, Decimal | None]
"""Numerator, denominator, value."""


@dataclass(frozen=True)
class Line:
    """What one cell must say."""

    indicator: str
    scope: str
    period: str
    numerator: str
    denominator: str
    value: str
    arithmetic: str

    @property
    def cell(self) -> tuple[str, str, str]:
        """Return where it stands."""
        return (self.indicator, self.scope, PERIODS[self.period])

    @property
    def parts(self) -> Parts:
        """Return what it says."""
        top, bottom, value = (
            Decimal(each) if each else None
            for each in (self.numerator, self.denominator, self.value)
        )
        return (top, bottom, value)

    def __str__(self) -> str:
        return f"{self.indicator} of {self.scope} in the {self.period}"


def read_table(text: str) -> list[dict[str, str]]:
    """Return the rows of a table by the names in its first line."""
    year = TODAY.year
    names, *rows = (
        [each.strip() for each in line.split("|")] for line in text.strip().splitlines()
    )
    written = [
        [_dated(each.format(Y=year, P=year - 1, M=f"{TODAY:%Y-%m}")) for each in row]
        for row in rows
    ]
    return [{name: each for name, each in zip(names, row, strict=True) if each} for row in written]


def read_lines(text: str) -> list[Line]:
    """Return what the cells of a college must say."""
    rows = ([each.strip() for each in line.split("|")] for line in text.strip().splitlines()[1:])
    return [Line(*row) for row in rows]


async def measure(
    hub: Any, college: Mapping[str, str], lines: list[Line]
) -> dict[tuple[str, str, str], Parts]:
    """Publish what the lines are about, then push a college; return what every cell says."""
    asked = {"indicators": sorted({each.indicator for each in lines})}
    answer = await hub.client.post("/v1/catalogue/publish", json=asked)
    assert set(answer.json().values()) == {"published"}, answer.text
    await deliver(hub, "school", {"school_code": "S", "name": "示例学校"})
    begin, end = TODAY - timedelta(days=70), TODAY + timedelta(days=60)
    term = {"term": TERM, "starts_on": begin.isoformat(), "ends_on": end.isoformat()}
    await deliver(hub, "term", term)
    for entity, table in college.items():
        await deliver(hub, entity, *read_table(table))
    await hub.settled()
    cells, after = {}, {}
    while True:
        answer = await hub.client.get("/v1/measurements", params={"pageSize": PAGE, **after})
        for each in answer.json():
            cells[each["indicator"], each["scope"], each["period"]] = (
                _number(each["numerator"]),
                _number(each["denominator"]),
                _number(each["value"]),
            )
        if (token := answer.headers.get("next-page-token")) is None:
            return cells
        after = {"pageToken": token}


def _dated(text: str) -> str:
    match = re.fullmatch(r"today(?:-(\d+))?(T.*)?", text)
    if match is None:
        return text
    return (TODAY - timedelta(days=int(match[1] or 0))).isoformat() + (match[2] or "")


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
