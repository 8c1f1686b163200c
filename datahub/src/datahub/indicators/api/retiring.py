"""A definition is measured no more, or again."""

from typing import Annotated, Any

from fastapi import Body, Depends, Request

from datahub.dictionary.api import Versions
from datahub.indicators.api.asking import TAGS
from datahub.indicators.domain.limits import Limits
from datahub.indicators.schemas import Retire
from datahub.indicators.usecases import retiring
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.etags import Expect
from shared.kit.identity import require

router = new_router(tags=TAGS, dependencies=[Depends(require("datahub:write"))])


@router.put("/indicators/{indicator_id}/retirement", summary="停用指标")
async def retire_indicator(
    db: Db,
    dictionaries: Versions,
    indicator_id: str,
    asked: Annotated[Retire, Body(examples=[{"reason": "改用新口径"}])],
    expect: Expect,
) -> dict[str, Any]:
    """It is measured no more; its values stay, and can be explained.

    Refused (409 `indicator-needed`) while a formula takes it, or a value handed in for it waits.
    """
    async with db.transaction() as tx:
        dictionary = await dictionaries.held(tx)
        row = await retiring.retire(tx, indicator_id, asked.on, asked.reason, dictionary, expect)
        return {
            "indicator": row.id,
            "version": row.version,
            "retired_on": row.retired_on,
            "retired_why": row.retired_why,
        }


@router.delete("/indicators/{indicator_id}/retirement", summary="恢复停用的指标")
async def take_up_indicator(
    request: Request, db: Db, dictionaries: Versions, indicator_id: str, expect: Expect
) -> dict[str, Any]:
    """It is measured again, whole, by the definition that it had."""
    limits: Limits = request.app.state.limits
    async with db.transaction() as tx:
        dictionary = await dictionaries.held(tx)
        found = await retiring.take_up(tx, indicator_id, dictionary, expect, limits)
    return {"indicator": found.id, "version": found.version, "retired_on": None}
