"""What was told of measured values, from the first on: whoever lost its copy reads it again."""

from typing import Annotated, Any, Final

from fastapi import Depends, Query

from datahub.indicators.api.asking import TAGS, Asks, example
from datahub.indicators.queries.telling import told_since
from shared.kit.app import new_router
from shared.kit.identity import require
from shared.kit.paging import INT64

router = new_router(tags=TAGS, dependencies=[Depends(require("operations:read"))])

MOST: Final = 5000
EXAMPLE: Final = {
    "last": 1,
    "values": [
        {
            "id": "course_pass_rate|course/C0001|term:2026-2027-1",
            "indicator": "course_pass_rate",
            "scope": "course/C0001",
            "period": "term:2026-2027-1",
            "value": "0.810000",
            "numerator": "81",
            "denominator": "100",
            "n": 100,
            "coverage": "1.000000",
            "freshest_at": "2026-11-23T06:00:00Z",
            "manual": False,
            "formula_version": 1,
            "reason": None,
            "seq": 7,
            "measured_at": "2026-11-23T06:00:02Z",
        }
    ],
}


@router.get("/measurement-history", summary="测量值的全部历史", responses=example(EXAMPLE))
async def list_measurement_history(
    desk: Asks,
    after: Annotated[
        int, Query(ge=0, le=INT64, description="只要其后的 · `last` of the page before")
    ] = 0,
    limit: Annotated[
        int, Query(ge=1, le=MOST, description="看几条历史 · entries looked at")
    ] = 1000,
) -> dict[str, Any]:
    """Every value as it was published, the oldest first; what stays in the hub is not among them.

    `last` is where the next page begins; the same as `after`: there is no more.
    """
    async with desk.open() as reading:
        told, last = await told_since(reading, after, limit)
    for each in told:
        del each["entry"]
    return {"last": last, "values": told}
