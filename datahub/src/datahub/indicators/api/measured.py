"""Measured values one by one."""

from typing import Annotated, Any

from fastapi import Depends, Query, Response

from datahub.indicators.api.asking import READ, TAGS, Asks, example
from datahub.indicators.queries import audits
from datahub.indicators.queries.reading import Which
from shared.contracts.vocabulary import PeriodKey, ScopeKey
from shared.kit.app import new_router
from shared.kit.paging import Page, after_text, answer_page, page

router = new_router(tags=TAGS, dependencies=READ)


@router.get(
    "/measurements/audits",
    summary="夜间核对的结果",
    responses=example(
        [
            {
                "day": "2026-11-27",
                "at": "2026-11-27T03:00:04+08:00",
                "watermark": 96652,
                "cells": 1,
                "kept_hash": "5e2f0c41b7a39d86" * 4,
                "counted_hash": "0b94a7d3e61f5c28" * 4,
                "mended": ["course_pass_rate|course/C0001|term:2026-2027-1"],
            }
        ]
    ),
)
async def list_audits(
    desk: Asks, limit: Annotated[int, Query(ge=1, le=100, description="几夜 · nights")] = 30
) -> list[dict[str, Any]]:
    """Each night everything is counted anew: how many cells were wrong, and which were mended.

    `kept_hash` is of all cells as they were kept, `counted_hash` of all cells as they were counted
    anew: they are the same where not one was wrong. `mended` names the first hundred; what each
    said before is in the history of its explanation.
    """
    async with desk.open() as reading:
        return await audits.list_audits(reading, limit)


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
