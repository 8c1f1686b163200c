"""Where everything stands on the page: the boxes of a sheet, in points of an A4 page lying down.

Columns from the left: objectives, number and title of the tasks, the timeline, the owners. Below
them the band that joins the edges: objectives upwards, the matrix, dates and costs, names upwards.
At the foot summary and forecast. A3 has the same shape, √2 times as large.

Source: one-page project manager; the measures are our default.
"""

from dataclasses import dataclass
from typing import Final

from target_service.domain.sheets.document import Sheet

WIDTH: Final = 842.0
HEIGHT: Final = 595.0
MARGIN: Final = 24.0
HEADER: Final = 46.0
HEADING: Final = 15.0
"""The row of column titles."""

BETWEEN: Final = 12.0
"""The row that announces the qualitative tasks."""

LEGEND: Final = 12.0
DATES: Final = 36.0
"""Height of the dates below the timeline, which stand upright."""

NUMBER: Final = 17.0
_ROW: Final = (9.5, 42.0)
_BAND: Final = (112.0, 210.0)
_FOOT: Final = 62.0
_TITLE: Final = 212.0
_PERIOD: Final = 46.0
"""Width that a column of the timeline has at most; what is left goes to the titles."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Return its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Return its lower edge."""
        return self.y + self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The boxes of a sheet."""

    header: Box
    heading: Box
    objectives: Box
    """Columns over the height of all rows; so are the next ones."""

    numbers: Box
    titles: Box
    timeline: Box
    owners: Box
    band: Box
    foot: Box
    legend: Box
    row: float
    """Height of a row."""

    objective: float
    """Width of a column; so are the next ones."""

    period: float
    owner: float
    between: float
    """Height of the row that announces the qualitative tasks; 0 where there are none."""

    def row_of(self, index: int, plain: int) -> Box:
        """Return the row of a task, from the left edge to the right one.

        Args:
            plain: how many tasks stand above the qualitative ones.
        """
        shift = self.between if index >= plain else 0.0
        y = self.objectives.y + index * self.row + shift
        return Box(self.heading.x, y, self.heading.width, self.row)


def lay_out(sheet: Sheet) -> Layout:
    """Return where the boxes of a sheet stand."""
    inner = WIDTH - 2 * MARGIN
    objective = _shared(112, len(sheet.objectives), 14, 22)
    owner = _shared(150, len(sheet.owners), 13, 22)
    left, right = objective * len(sheet.objectives), owner * len(sheet.owners)
    rest = inner - left - right - NUMBER - _TITLE
    period = min(_PERIOD, rest / len(sheet.periods))
    timeline = period * len(sheet.periods)
    title = _TITLE + rest - timeline
    rows, between, row, band, foot = _heights(sheet)
    top = MARGIN + HEADER + 4 + HEADING
    x = [MARGIN, MARGIN + left, MARGIN + left + NUMBER]
    x += [x[2] + title, x[2] + title + timeline]
    band_y = top + rows
    foot_y = band_y + band + 4
    return Layout(
        header=Box(MARGIN, MARGIN, inner, HEADER),
        heading=Box(MARGIN, top - HEADING, inner, HEADING),
        objectives=Box(x[0], top, left, rows),
        numbers=Box(x[1], top, NUMBER, rows),
        titles=Box(x[2], top, title, rows),
        timeline=Box(x[3], top, timeline, rows),
        owners=Box(x[4], top, right, rows),
        band=Box(MARGIN, band_y, inner, band),
        foot=Box(MARGIN, foot_y, inner, foot),
        legend=Box(MARGIN, foot_y + foot, inner, LEGEND),
        row=row,
        objective=objective,
        period=period,
        owner=owner,
        between=between,
    )


def _heights(sheet: Sheet) -> tuple[float, float, float, float, float]:
    """Return the heights of all rows, the row between, a row, the band and the foot."""
    count = max(len(sheet.tasks) + len(sheet.qualitative), 1)
    between = BETWEEN if sheet.qualitative else 0.0
    room = HEIGHT - 2 * MARGIN - HEADER - 8 - HEADING - LEGEND - between
    row = max(_ROW[0], min(_ROW[1], (room - _BAND[0] - _FOOT) / count))
    rows = row * count + between
    left = room + between - rows
    band = min(_BAND[1], _BAND[0] + 0.65 * (left - _BAND[0] - _FOOT))
    return rows, between, row, band, left - band


def _shared(room: float, count: int, least: float, most: float) -> float:
    return max(least, min(most, room / max(count, 1)))
