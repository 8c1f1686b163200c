"""A sheet as SVG: one page, A3 or A4 lying down.

What a sheet says stands in circles, letters and signs; colour only repeats it, for sheets are
printed in black and white. Source: one-page project manager; colours are our default.
"""

from collections.abc import Iterator
from typing import Final, Literal

from target_service.domain.sheets.band import draw_band, draw_foot
from target_service.domain.sheets.canvas import GREY, INK, Canvas, Value
from target_service.domain.sheets.document import Circle, Lamp, Line, Sheet
from target_service.domain.sheets.layout import HEADING, HEIGHT, WIDTH, Box, Layout, lay_out
from target_service.domain.sheets.measuring import width_of
from target_service.domain.sheets.periods import position_of
from target_service.domain.sheets.words import Words, lamp_word, words_in

Size = Literal["A3", "A4"]
PAPER: Final[dict[Size, tuple[str, str]]] = {"A3": ("420mm", "297mm"), "A4": ("297mm", "210mm")}
DONE: Final = "#22543d"
LATE: Final = "#b3372b"
DASHES: Final = "1.2 1"
"""Of the circles of a draft: nobody was given it yet."""

_SHADE: Final = "#f1f4f8"
_LAMPS: Final = {"green": "#2f855a", "yellow": "#ecc94b", "red": "#b3372b"}


def draw(sheet: Sheet, size: Size) -> str:
    """Return the SVG of a sheet."""
    canvas, layout, say = Canvas(), lay_out(sheet), words_in(sheet.language)
    canvas.add("rect", width=WIDTH, height=HEIGHT, fill="#fff")
    _draw_header(canvas, sheet, layout, say)
    _draw_grid(canvas, sheet, layout, say)
    for at, line in enumerate((*sheet.tasks, *sheet.qualitative)):
        _draw_line(canvas, sheet, layout, line, layout.row_of(at, len(sheet.tasks)))
    if not (sheet.tasks or sheet.qualitative):
        canvas.write(layout.titles, say("no-tasks"), (9, 6), anchor="middle", fill=GREY)
    draw_band(canvas, sheet, layout, say)
    draw_foot(canvas, sheet, layout, say)
    _draw_legend(canvas, layout, sheet, say)
    _draw_today(canvas, sheet, layout, say)
    label = f"{say('sheet')} {sheet.title}"
    return canvas.svg((WIDTH, HEIGHT), PAPER[size], label, sheet.language)


def _draw_header(canvas: Canvas, sheet: Sheet, layout: Layout, say: Words) -> None:
    header = layout.header
    half = header.height / 2
    canvas.box(header, stroke=INK)
    canvas.line((header.x, header.y + half), (header.right, header.y + half))
    name = Box(header.right - 190, header.y, 184, half)
    canvas.write(name, say("sheet"), (9, 6), anchor="end", fill=GREY)
    title = Box(header.x + 8, header.y, header.width - 210, half)
    canvas.write(title, sheet.title, (15, 8), font_weight="bold")
    widths = (0.24, 0.58, 0.18)
    told = (
        (say("leader"), sheet.leader or "—"),
        (say("objective"), sheet.objective or "—"),
        (say("as-of"), sheet.as_of.isoformat()),
    )
    x = header.x
    for share, (label, value) in zip(widths, told, strict=True):
        cell = Box(x, header.y + half, header.width * share, half)
        _draw_labelled(canvas, cell, label, value)
        x = cell.right


def _draw_labelled(canvas: Canvas, cell: Box, label: str, value: str) -> None:
    taken = width_of(label, 7.5) + 14
    canvas.text(cell.x + 8, cell.y + cell.height / 2, label, 7.5, fill=GREY)
    inner = Box(cell.x + taken, cell.y, cell.width - taken - 6, cell.height)
    canvas.write(inner, value, (9, 6), lines=2)


def _draw_grid(canvas: Canvas, sheet: Sheet, layout: Layout, say: Words) -> None:
    canvas.box(layout.heading, fill=_SHADE)
    bottom = layout.objectives.bottom
    for x in _verticals(sheet, layout):
        canvas.line((x, layout.objectives.y), (x, bottom), stroke="#dde3ea")
    heads = (
        (layout.objectives, "objectives"),
        (Box(layout.numbers.x, 0, layout.numbers.width + layout.titles.width, 0), "tasks"),
        (layout.owners, "owners"),
    )
    for box, word in heads:
        if box.width:
            head = Box(box.x + 2, layout.heading.y, box.width - 4, HEADING)
            canvas.write(head, say(word), (8, 4.5), anchor="middle", font_weight="bold")
    if sheet.qualitative:
        y = layout.objectives.y + len(sheet.tasks) * layout.row
        between = Box(layout.heading.x, y, layout.heading.width, layout.between)
        canvas.box(between, fill=_SHADE)
        title = Box(layout.titles.x + 2, y, layout.titles.width - 4, layout.between)
        canvas.write(title, say("qualitative"), (7.5, 5), font_weight="bold")
        legend = Box(layout.timeline.x + 3, y, layout.timeline.width - 6, layout.between)
        canvas.write(legend, say("lights"), (6.5, 4), fill=GREY)
    for box in (layout.numbers, layout.timeline, layout.owners):
        canvas.line((box.x, layout.heading.y), (box.x, bottom), stroke=INK)
    whole = Box(layout.heading.x, layout.heading.y, layout.heading.width, bottom - layout.heading.y)
    canvas.box(whole, stroke=INK)


def _verticals(sheet: Sheet, layout: Layout) -> Iterator[float]:
    yield layout.numbers.right
    for at in range(1, len(sheet.objectives)):
        yield layout.objectives.x + at * layout.objective
    for at in range(1, len(sheet.periods)):
        yield layout.timeline.x + at * layout.period
    for at in range(1, len(sheet.owners)):
        yield layout.owners.x + at * layout.owner


def _draw_line(canvas: Canvas, sheet: Sheet, layout: Layout, line: Line, row: Box) -> None:
    canvas.line((row.x, row.bottom), (row.right, row.bottom), stroke="#dde3ea")
    _draw_title(canvas, layout, line, row)
    middle = row.y + row.height / 2
    radius = min(3.6, 0.3 * row.height)
    for at in line.objectives:
        x = layout.objectives.x + (at + 0.5) * layout.objective
        canvas.add("circle", cx=x, cy=middle, r=radius, fill=INK, data_objective=at)
    for circle in line.circles:
        _draw_circle(canvas, layout, circle, (line, middle))
    for lamp in line.lamps:
        _draw_lamp(canvas, layout, lamp, row, sheet)
    for at, role in line.roles.items():
        x = layout.owners.x + (at + 0.5) * layout.owner
        weight = "bold" if role == "A" else "normal"
        size = min(9.5, 0.62 * row.height)
        canvas.text(x, middle, role, size, text_anchor="middle", font_weight=weight)


def _draw_title(canvas: Canvas, layout: Layout, line: Line, row: Box) -> None:
    """Draw number and title; a check says done, an exclamation mark late."""
    colour = LATE if line.is_overdue or line.is_behind else INK
    number = Box(layout.numbers.x + 1, row.y, layout.numbers.width - 2, row.height)
    canvas.write(
        number,
        str(line.number),
        (min(9.5, 0.62 * row.height), 4),
        anchor="middle",
        fill=colour,
        font_weight="bold" if line.is_overdue else "normal",
    )
    largest = min(10.0, 0.64 * row.height)
    title = Box(layout.titles.x + 3, row.y, layout.titles.width - 16, row.height)
    smallest = min(largest, 6.2)
    grey = GREY if line.state == "draft" else INK
    canvas.write(title, line.title, (largest, smallest), lines=2, fill=grey)
    x, middle = layout.titles.right - 7, row.y + row.height / 2
    if line.state == "done":
        path = f"M{x - 3:.2f} {middle:.2f}l2.2 2.4 4-5"
        canvas.add("path", d=path, fill="none", stroke=DONE, stroke_width=1.2)
    elif line.is_overdue:
        size = min(9.0, 0.7 * row.height)
        canvas.text(x, middle, "!", size, text_anchor="middle", fill=LATE, font_weight="bold")


def _draw_circle(canvas: Canvas, layout: Layout, circle: Circle, place: tuple[Line, float]) -> None:
    line, y = place
    x = layout.timeline.x + (circle.period + 0.5) * layout.period
    radius = min(6.0, 0.36 * layout.period, 0.36 * layout.row)
    colour = LATE if circle.is_late else INK
    about: dict[str, Value] = {"data_task": line.number, "data_period": circle.period}
    fill = colour if circle.fill == "full" else "#fff"
    about |= {"stroke": colour, "stroke_width": 1.1 if circle.is_late else 0.7}
    if line.state == "draft":
        about["stroke_dasharray"] = DASHES
    canvas.add("circle", cx=x, cy=y, r=radius, fill=fill, **about)
    if circle.fill == "part":
        path = f"M{x:.2f} {y - radius:.2f}a{radius:.2f} {radius:.2f} 0 0 0 0 {2 * radius:.2f}z"
        canvas.add("path", d=path, fill=colour)


def _draw_lamp(canvas: Canvas, layout: Layout, lamp: Lamp, row: Box, sheet: Sheet) -> None:
    side = min(12.0, 0.8 * row.height, 0.86 * layout.period)
    x = layout.timeline.x + (lamp.period + 0.5) * layout.period
    middle = row.y + row.height / 2
    box = Box(x - side / 2, middle - side / 2, side, side)
    canvas.box(box, fill=_LAMPS[lamp.light], stroke="none", rx=1.5, data_period=lamp.period)
    ink = INK if lamp.light == "yellow" else "#fff"
    word = lamp_word(lamp.light, sheet.language)
    canvas.text(x, middle, word, 0.7 * side, text_anchor="middle", fill=ink)


def _draw_legend(canvas: Canvas, layout: Layout, sheet: Sheet, say: Words) -> None:
    box = layout.legend
    x, y = box.x + 6, box.y + box.height / 2 + 1
    entries = [
        ("planned", "#fff", INK),
        ("part", "part", INK),
        ("done", INK, INK),
        ("late", "#fff", LATE),
    ]
    if any(each.state == "draft" for each in (*sheet.tasks, *sheet.qualitative)):
        entries.append(("draft", "#fff", INK))
    for word, fill, colour in entries:
        plain = "#fff" if fill == "part" else fill
        dashes: dict[str, Value] = {"stroke_dasharray": DASHES} if word == "draft" else {}
        canvas.add("circle", cx=x, cy=y, r=3, fill=plain, stroke=colour, stroke_width=0.8, **dashes)
        if fill == "part":
            canvas.add("path", d=f"M{x:.2f} {y - 3:.2f}a3 3 0 0 0 0 6z", fill=INK)
        canvas.text(x + 6, y, say(word), 6.5, fill=GREY)
        x += 18 + width_of(say(word), 6.5)
    canvas.text(x, y, say("roles"), 6.5, fill=GREY)
    canvas.text(box.right, y, f"{sheet.as_of:%Y-%m-%d} · Helix8", 6.5, text_anchor="end", fill=GREY)


def _draw_today(canvas: Canvas, sheet: Sheet, layout: Layout, say: Words) -> None:
    timeline = layout.timeline
    middle = layout.heading.y + HEADING / 2
    dates = say("dates")
    at = position_of(sheet.as_of, sheet.periods)
    x = None if at is None else timeline.x + at * layout.period
    label = f"{say('today')} {sheet.as_of:%m.%d}"
    if x is None:
        head = Box(timeline.x + 3, layout.heading.y, timeline.width - 6, HEADING)
        canvas.write(head, dates, (8, 5), font_weight="bold")
        return
    wide = width_of(label, 7)
    place = max(timeline.x + 2, min(x - wide / 2, timeline.right - wide - 2))
    before, after = place - timeline.x - 6, timeline.right - place - wide - 6
    start = timeline.x + 3 if before >= after else place + wide + 4
    head = Box(start, layout.heading.y, max(before, after), HEADING)
    if head.width > 18:
        canvas.write(head, dates, (8, 4.5), font_weight="bold")
    canvas.text(place, middle, label, 7, fill=LATE)
    canvas.line(
        (x, layout.heading.bottom),
        (x, timeline.bottom),
        stroke=LATE,
        stroke_width=0.9,
        stroke_dasharray="3 2",
        data_today=sheet.as_of.isoformat(),
    )
