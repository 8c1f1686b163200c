"""Measured values one by one: listed, and where each comes from."""

from typing import Annotated, Any

from fastapi import Depends, Query, Response

from datahub.indicators.api.asking import READ, TAGS, Asks, Desk
from datahub.indicators.api.handed import masked
from datahub.indicators.domain.asking import MeasurementNotFoundError
from datahub.indicators.domain.depending import entities_behind
from datahub.indicators.domain.document import parse_indicator
from datahub.indicators.queries import handed, stored
from datahub.indicators.queries.reading import Reading, Which
from shared.contracts.vocabulary import PeriodKey, ScopeKey
from shared.kit.app import new_router
from shared.kit.paging import Page, after_text, answer_page, page

router = new_router(tags=TAGS, dependencies=READ)


@router.get("/measurements", summary="测量值")
async def list_measurements(
    response: Response,
    desk: Asks,
    asked: Annotated[Page, Depends(page)],
    indicator: Annotated[str | None, Query(max_length=80)] = None,
    scope: ScopeKey | None = None,
    period: PeriodKey | None = None,
) -> list[dict[str, Any]]:
    indicators, scopes, periods = (
        None if each is None else [each] for each in (indicator, scope, period)
    )
    which = Which(indicators=indicators, scopes=scopes, periods=periods)
    async with desk.open() as reading:
        rows = await reading.page(
            which, limit=asked.limit, offset=asked.offset, after=after_text(asked)
        )
        total = await reading.count(which) if asked.total_count else None
    answer_page(
        response,
        asked,
        total=total,
        next_after=[rows[-1]["id"]] if len(rows) == asked.limit else None,
    )
    return rows


@router.get("/measurements/{cell:path}/explanation", summary="这个数从哪里来")
async def explain(desk: Asks, cell: str) -> dict[str, Any]:
    async with desk.open() as reading:
        found = await reading.cell(cell)
        if found is None:
            raise MeasurementNotFoundError(f"没有测量值 {cell}", f"nothing measured for {cell}")
        name, version = found["indicator"], found["formula_version"]
        document = await stored.get_document(reading.tx, name, version)
        assert document is not None
        entities = _entities(reading, desk, document, found)
        history = await reading.history({cell: found})
        return {
            "measurement": found,
            "definition": document,
            "history": history.get(cell, []),
            "handed_in": [
                masked(each, desk.caller) for each in await handed.of_cell(reading.tx, found)
            ],
            "sources": await stored.list_sources(reading.tx, sorted(entities), found["watermark"]),
        }


def _entities(
    reading: Reading, desk: Desk, document: dict[str, Any], cell: dict[str, Any]
) -> frozenset[str]:
    """Return the entities that stand behind a measured value, by the version that made it."""
    name, version = cell["indicator"], cell["formula_version"]
    own = reading.indicators.get(name)
    if own is None or own.version != version:
        own = parse_indicator(document, desk.dictionary, version, reading.indicators)
    return entities_behind([*reading.indicators.values(), own])[name]
