"""Where a measured value comes from, and the rows behind it."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query, Response

from datahub.dictionary.domain.privacy import Privacy
from datahub.indicators.api.asking import PERSONAL, READ, TAGS, Asks, Desk, example, plain
from datahub.indicators.api.parties import Showing
from datahub.indicators.domain.asking import MeasurementNotFoundError
from datahub.indicators.domain.counted import Counted
from datahub.indicators.domain.definition import Leg, legs_of
from datahub.indicators.domain.depending import entities_behind
from datahub.indicators.domain.few import chooses_persons, is_few
from datahub.indicators.domain.limits import LOOK_SECONDS
from datahub.indicators.domain.masking import MASKED
from datahub.indicators.domain.showing import (
    LegUnknownError,
    RowsClosedError,
    TooSlowError,
    shown_paths,
    why_closed,
)
from datahub.indicators.domain.words.results import HANDED_IN, Teller
from datahub.indicators.queries import handed, stored
from datahub.indicators.queries.explaining import (
    BASE,
    Behind,
    Inputs,
    count_legs,
    link,
    look_behind,
    record_link,
    shapes_of,
)
from datahub.indicators.queries.reading import Reading
from datahub.indicators.repository import bounding
from datahub.indicators.repository import rows as behind_rows
from datahub.indicators.repository.bounding import MeasuringFailedError
from datahub.indicators.repository.rows import Wanted
from shared.kit.app import new_router
from shared.kit.paging import INT64, Page, PageTokenError, answer_page, page

router = new_router(tags=TAGS, dependencies=READ)

Cell = Annotated[str, Path(examples=["course_pass_rate|course/C0001|term:2026-2027-1"])]
ROWS_EXAMPLE: Final = [
    {
        "key": "20240001|C0001|2026-2027-1|mid|1",
        "version": 1,
        "value": None,
        "counted_in": [0, 1],
        "fields": {"number": "72.5", "grade_type": "mid", "student_no": "20240001"},
        "left_out": [],
        "record": f"{BASE}/records/score/20240001%7CC0001%7C2026-2027-1%7Cmid%7C1",
    }
]


@router.get("/measurements/{cell:path}/explanation", summary="这个数从哪里来")
async def explain(
    desk: Asks,
    cell: Cell,
    depth: Annotated[
        int, Query(ge=1, le=3, description="所用指标往下展开几层 · how far inputs are followed")
    ] = 1,
) -> dict[str, Any]:
    """Definition in words, what it counted and took, batches, and what was said before.

    Of the rows that a leg counted, `rows` says where they are read, or `blockedBy` why not.
    """
    async with desk.open(seconds=LOOK_SECONDS) as reading:
        behind = await _behind(reading, desk, cell)
        history = await reading.history({cell: behind.cell})
        entities = sorted(_entities(reading, behind))
        return {
            "measurement": behind.cell,
            "definition": behind.document,
            "faults": behind.faults,
            **_in_force(behind),
            **_words(reading, desk, behind),
            "as_of": behind.as_of,
            "legs": await _legs(reading, desk, behind),
            "inputs": await Inputs(reading, desk.dictionary).of(behind, depth),
            "history": history.get(cell, []),
            "handed_in": await _handed_in(reading, desk, behind),
            "sources": await stored.list_sources(reading.tx, entities, behind.cell["watermark"]),
        }


@router.get(
    "/measurements/{cell:path}/rows", summary="计入这个数的记录", responses=example(ROWS_EXAMPLE)
)
async def list_rows(
    response: Response,
    desk: Asks,
    cell: Cell,
    asked: Annotated[Page, Depends(page)],
    leg: Annotated[
        int | None,
        Query(ge=0, le=99, description="公式的第几项计数，从 0 起；默认为分母 · which count"),
    ] = None,
) -> list[dict[str, Any]]:
    """The records that a leg counted; `counted_in` says which legs count each of them.

    So of a rate, read by its denominator, those that met the condition are told apart. Every page
    is of the moment of the first.
    """
    after, as_of = _place(asked)
    async with desk.open(seconds=LOOK_SECONDS) as reading:
        behind = await _behind(reading, desk, cell, as_of)
        if not reading.sees_rows(behind.cell["scope"]):
            raise _nothing(cell)
        number = _leg(behind, leg)
        if (closed := _closed(desk, behind, number)) is not None:
            raise closed
        wanted, left_out = _wanted(desk, behind, number, asked, after)
        try:
            async with bounding.apart(reading.tx):
                found = await behind_rows.list_rows(reading.tx, wanted, behind.group)
        except MeasuringFailedError as error:
            raise _too_slow() from error
        counted = await count_legs(reading, behind) if asked.total_count else []
    own = counted[number] if counted else None
    total = own.rows if isinstance(own, Counted) else None
    is_more = len(found) == asked.limit
    answer_page(
        response,
        asked,
        total=total,
        next_after=[found[-1]["key"], behind.as_of] if is_more else None,
    )
    beside = _beside(behind, number)
    return [_row(row, wanted, beside, left_out) for row in found]


async def _behind(reading: Reading, desk: Desk, cell: str, as_of: int | None = None) -> Behind:
    behind = await look_behind(reading, desk.dictionary, cell, as_of)
    if behind is None:
        raise _nothing(cell)
    return behind


def _nothing(cell: str) -> MeasurementNotFoundError:
    return MeasurementNotFoundError(f"没有测量值 {cell}", f"nothing measured for {cell}")


async def _handed_in(reading: Reading, desk: Desk, behind: Behind) -> list[dict[str, Any]]:
    """Return what people handed in for a measured value."""
    showing = Showing(desk.caller, list(reading.indicators.values()))
    rows = await handed.of_cell(reading.tx, behind.cell, showing.party.owner)
    return [showing.show(each) for each in rows]


def _entities(reading: Reading, behind: Behind) -> frozenset[str]:
    """Return the entities that stand behind a measured value, by the version that made it."""
    own = behind.indicator
    if own is None:
        return frozenset()
    alone = replace(own, before=None)
    return entities_behind([*reading.indicators.values(), alone])[own.id]


def _in_force(behind: Behind) -> dict[str, Any]:
    """Return whom the definition may be shown by its class, and for which days its version is."""
    names = ("privacy", "core", "effective_from", "until", "retired_on")
    if behind.indicator is None:
        return dict.fromkeys(names)
    return {name: getattr(behind.indicator, name) for name in names}


def _words(reading: Reading, desk: Desk, behind: Behind) -> dict[str, Any]:
    """Return where the number is from in words, as a whole and by its two parts.

    The formula, unless people handed the value in: then it is none of the formula's.
    """
    indicator = behind.indicator
    if indicator is None:
        return dict.fromkeys(("words", "numerator", "denominator"))
    if behind.cell["manual"] or not indicator.items:
        is_part = behind.cell["denominator"] is not None
        return {
            "words": HANDED_IN._asdict(),
            "numerator": HANDED_IN._asdict(),
            "denominator": HANDED_IN._asdict() if is_part else None,
        }
    teller = Teller(desk.dictionary, reading.indicators)
    below = indicator.denominator
    return {
        "words": teller.indicator(indicator)._asdict(),
        "numerator": teller.result(indicator, indicator.numerator)._asdict(),
        "denominator": None if below is None else teller.result(indicator, below)._asdict(),
    }


async def _legs(reading: Reading, desk: Desk, behind: Behind) -> list[dict[str, Any]]:
    measures = behind.measures
    is_hidden = behind.cell["reason"] == MASKED
    counted: Sequence[Counted | str] = (
        [MASKED] * len(measures) if is_hidden else await count_legs(reading, behind)
    )
    sees_persons = desk.caller.may(PERSONAL)
    teller = Teller(desk.dictionary, reading.indicators)
    told = []
    for number, (measure, found) in enumerate(zip(measures, counted, strict=True)):
        leg, closed = measure.leg, _closed(desk, behind, number)
        told.append(
            {
                "leg": number,
                "entity": leg.entity.name,
                "aggregate": leg.aggregate,
                **teller.leg(leg)._asdict(),
                "filter": None if leg.where is None else teller.where(leg)._asdict(),
                "reads": [".".join(path.names) for path in leg.paths],
                **_found(found if sees_persons or not _is_few(leg, found) else MASKED),
                "rows": None if closed else f"{link(behind.cell['id'], 'rows')}?leg={number}",
                "blockedBy": [] if closed is None else [f"{closed.zh} ({closed.en})"],
            }
        )
    return told


def _is_few(leg: Leg, found: Counted | str) -> bool:
    """Whether a leg counted few that something personal chose, and the value did not tell them."""
    return isinstance(found, Counted) and chooses_persons(leg) and is_few(Decimal(found.rows))


def _found(found: Counted | str) -> dict[str, Any]:
    """Return what a leg counted: rows looked through, with what it needs, counted; or why not."""
    if isinstance(found, str):
        return dict.fromkeys(("looked_at", "complete", "counted", "value")) | {"reason": found}
    return {
        "looked_at": found.base,
        "complete": found.present,
        "counted": found.rows,
        "value": plain(found.value),
        "reason": None,
    }


def _leg(behind: Behind, leg: int | None) -> int:
    """Return which leg is asked for: the first one that is divided by, unless one is named."""
    indicator, count = behind.indicator, len(behind.measures)
    if indicator is not None and leg is None:
        leg = next(legs_of(indicator.denominator), 0)
    if leg is None or leg >= count:
        there = f"0–{count - 1}" if count else "∅"
        reason = f"公式的计数项为 {there} (the formula has the counts {there})"
        raise LegUnknownError(
            "公式没有这一项计数",
            "the formula has no such count",
            fields={"query.leg": [reason]},
            fixes=[f"GET {link(behind.cell['id'], 'explanation')}"],
        )
    return leg


def _beside(behind: Behind, leg: int) -> list[int]:
    """Return the legs that count among the same rows as one."""
    return shapes_of(behind.measures)[behind.measures[leg].shape]


def _closed(desk: Desk, behind: Behind, leg: int) -> RowsClosedError | None:
    measures = [behind.measures[each] for each in _beside(behind, leg)]
    privacy = Privacy.RESTRICTED if behind.indicator is None else behind.indicator.privacy
    return why_closed(behind.cell, measures, privacy, sees_persons=desk.caller.may(PERSONAL))


def _wanted(
    desk: Desk, behind: Behind, leg: int, asked: Page, after: str | None
) -> tuple[Wanted, list[str]]:
    """Return what is read of the rows, and the fields that are left out for this reader."""
    measures = [behind.measures[each] for each in _beside(behind, leg)]
    read = [path for each in measures for path in each.leg.paths]
    paths, left_out = shown_paths(
        measures[0].shape.entity, read, sees_persons=desk.caller.may(PERSONAL)
    )
    wanted = Wanted(
        measure=behind.measures[leg],
        beside=[each.leg.where for each in measures],
        paths=paths,
        limit=asked.limit,
        offset=asked.offset,
        after=after,
    )
    return wanted, left_out


def _row(
    row: dict[str, Any], wanted: Wanted, beside: Sequence[int], left_out: Sequence[str]
) -> dict[str, Any]:
    values = (plain(each) if isinstance(each, Decimal) else each for each in row["fields"])
    names = (".".join(path.names) for path in wanted.paths)
    value = row["value"]
    entity = wanted.measure.shape.name
    return {
        "key": row["key"],
        "version": row["version"],
        "value": plain(value) if isinstance(value, Decimal) else value,
        "counted_in": [leg for leg, met in zip(beside, row["met"], strict=True) if met],
        "fields": dict(zip(names, values, strict=True)),
        "left_out": list(left_out),
        "record": record_link(entity, row["key"]),
    }


def _place(asked: Page) -> tuple[str | None, int | None]:
    """Return the key that a page follows, and the moment of the first one, from its token.

    Raises:
        PageTokenError: the token holds something else.
    """
    match asked.after:
        case None:
            return None, None
        case [str(key), int(seq)] if "\0" not in key and type(seq) is int and abs(seq) <= INT64:
            return key, seq
        case _:
            raise PageTokenError(
                "pageToken 不是本服务给出的", "this service did not give that pageToken"
            )


def _too_slow() -> TooSlowError:
    return TooSlowError(
        f"读取当时的记录超过 {LOOK_SECONDS:.0f} 秒，请改看更小的对象或更近的周期",
        f"reading takes more than {LOOK_SECONDS:.0f} s: ask for a smaller scope or a later period",
        retry_after=60,
    )
