"""The lower part of a sheet: the band that joins the edges, and the foot.

The matrix in the corner is cut in five pieces, each beside what it names. Source: one-page project
manager.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from target_service.domain.sheets.canvas import GREY, INK, Canvas
from target_service.domain.sheets.document import Cost, Sheet
from target_service.domain.sheets.layout import DATES, Box, Layout
from target_service.domain.sheets.measuring import LEADING, wrap
from target_service.domain.sheets.reckoning import amount
from target_service.domain.sheets.words import Words

OVER: Final = "#b3372b"
_SPENT: Final = "#3b6fb5"
_COST_ROW: Final = 22.0


def draw_band(canvas: Canvas, sheet: Sheet, layout: Layout, say: Words) -> None:
    """Draw objectives, matrix, dates, costs and names below the rows."""
    band = layout.band
    for at, each in enumerate(sheet.objectives):
        x = layout.objectives.x + at * layout.objective
        inner = Box(x, band.y + 3, layout.objective, band.height - 6)
        canvas.write_up(inner, each.title, (7.5, 5.6), 2)
        canvas.line((x, band.y), (x, band.bottom), stroke="#dde3ea")
    _draw_matrix(canvas, layout, say)
    _draw_dates(canvas, sheet, layout)
    _draw_costs(canvas, sheet, _below_dates(layout), say)
    for at, owner in enumerate(sheet.owners):
        x = layout.owners.x + at * layout.owner
        inner = Box(x, band.y + 3, layout.owner, band.height - 6)
        canvas.write_up(inner, owner.name, (7.5, 5), 1)
        canvas.line((x, band.y), (x, band.bottom), stroke="#dde3ea")
    for x in (layout.numbers.x, layout.timeline.x, layout.owners.x):
        canvas.line((x, band.y), (x, band.bottom), stroke=INK)
    canvas.box(band, stroke=INK)


def draw_foot(canvas: Canvas, sheet: Sheet, layout: Layout, say: Words) -> None:
    """Draw summary and forecast, side by side."""
    foot = layout.foot
    half = foot.width / 2
    told = (("summary", sheet.summary), ("forecast", sheet.forecast))
    for at, (word, sentences) in enumerate(told):
        box = Box(foot.x + at * half, foot.y, half, foot.height)
        canvas.box(box, stroke=INK)
        head = Box(box.x + 6, box.y + 3, box.width - 12, 10)
        canvas.write(head, say(word), (8, 8), font_weight="bold")
        body = Box(box.x + 6, box.y + 14, box.width - 12, box.height - 17)
        _write_sentences(canvas, body, sentences)


def _below_dates(layout: Layout) -> Box:
    band, timeline = layout.band, layout.timeline
    return Box(timeline.x, band.y + DATES, timeline.width, band.height - DATES)


def _write_sentences(canvas: Canvas, box: Box, sentences: tuple[str, ...]) -> None:
    """Write sentences, each from a line of its own, in a size in which all have room."""
    size = 8.0
    while size > 5 and len(_lines(sentences, box.width, size)) * LEADING * size > box.height:
        size -= 0.25
    lines = _lines(sentences, box.width, size)
    room = int(box.height / (LEADING * size))
    if len(lines) > room:
        lines = [*lines[: room - 1], f"{lines[room - 1][:-1]}…"]
    for at, line in enumerate(lines):
        canvas.text(box.x, box.y + (at + 0.5) * LEADING * size, line, size)


def _lines(sentences: tuple[str, ...], width: float, size: float) -> list[str]:
    return [line for each in sentences for line in wrap(f"· {each}", width, size)]


def _draw_matrix(canvas: Canvas, layout: Layout, say: Words) -> None:
    x, width = layout.numbers.x, layout.numbers.width + layout.titles.width
    box = Box(x, layout.band.y, width, layout.band.height)
    canvas.box(box, fill="#fafbfd", stroke="none")
    middle = (box.x + box.width / 2, box.y + box.height / 2)
    # The names of the edges: tasks above, objectives left, dates and owners right, costs below.
    for end in (
        (box.x, box.y),
        (box.right, box.y),
        (box.right, middle[1]),
        (box.right, box.bottom),
        (box.x, box.bottom),
    ):
        canvas.line(middle, end, stroke=GREY, stroke_width=0.6)
    wide, high = box.width / 2, box.height / 2
    pieces = (
        ("tasks", Box(middle[0] - wide * 0.5, box.y + high * 0.14, wide, high * 0.34), "middle"),
        ("objectives", Box(box.x + 6, middle[1] - 8, wide * 0.6, 16), "start"),
        ("dates", Box(middle[0] + wide * 0.44, middle[1] - high * 0.4, wide * 0.52, 14), "end"),
        ("owners", Box(middle[0] + wide * 0.44, middle[1] + high * 0.12, wide * 0.52, 14), "end"),
        ("costs", Box(middle[0] - wide * 0.5, box.y + high * 1.52, wide, high * 0.34), "middle"),
    )
    for word, piece, anchor in pieces:
        canvas.write(piece, say(word), (8.5, 5), anchor=anchor, fill=GREY, font_weight="bold")


def _draw_dates(canvas: Canvas, sheet: Sheet, layout: Layout) -> None:
    band, timeline = layout.band, layout.timeline
    for at, period in enumerate(sheet.periods):
        x = timeline.x + at * layout.period
        inner = Box(x, band.y + 2, layout.period, DATES - 4)
        canvas.write_up(inner, period.label, (7, 5), 1)
        canvas.line((x, band.y), (x, band.y + DATES), stroke="#dde3ea")
    y = band.y + DATES
    canvas.line((timeline.x, y), (timeline.right, y))


def _draw_costs(canvas: Canvas, sheet: Sheet, box: Box, say: Words) -> None:
    """Draw a bar of what was planned, hollow, and in it one of what was spent."""
    head = Box(box.x + 4, box.y + 2, box.width - 8, 11)
    legend = f"{say('costs')}   □ {say('planned')}   ■ {say('actual')}"
    canvas.write(head, legend, (7.5, 4), font_weight="bold")
    if not sheet.costs:
        canvas.write(
            Box(box.x, box.y + 13, box.width, 18),
            say("no-costs"),
            (7.5, 4),
            fill=GREY,
            anchor="middle",
        )
        return
    room = box.height - 15
    shown = _fitting(sheet.costs, max(1, int(room / 13)), say("others"))
    step = min(_COST_ROW, room / len(shown))
    most = max(max(each.planned, each.actual) for each in shown)
    for at, each in enumerate(shown):
        row = Box(box.x + 4, box.y + 14 + at * step, box.width - 8, step)
        _draw_cost(canvas, each, row, float(most))


def _fitting(costs: Sequence[Cost], most: int, others: str) -> Sequence[Cost]:
    """Return so many rows as there is room for; the last one sums what has none of its own."""
    if len(costs) <= most or most == 1:
        return costs[:most]
    rest = costs[most - 1 :]
    planned, actual = sum(each.planned for each in rest), sum(each.actual for each in rest)
    return [*costs[: most - 1], Cost(others, Decimal(planned), Decimal(actual))]


def _draw_cost(canvas: Canvas, cost: Cost, row: Box, most: float) -> None:
    label, number = 0.27 * row.width, 0.3 * row.width
    track = row.width - label - number - 8
    y, high = row.y + 0.22 * row.height, 0.56 * row.height
    canvas.write(Box(row.x, row.y, label, row.height), cost.label, (7, 5.5), lines=2)
    start = row.x + label + 4
    planned, actual = (float(each) / most * track for each in (cost.planned, cost.actual))
    canvas.box(Box(start, y, planned, high), stroke=GREY)
    colour = OVER if cost.actual > cost.planned else _SPENT
    canvas.box(Box(start, y + 1.5, actual, high - 3), fill=colour, stroke="none")
    told = f"{amount(cost.actual)} / {amount(cost.planned)}"
    canvas.write(Box(row.right - number, row.y, number, row.height), told, (7, 4.5), anchor="end")
