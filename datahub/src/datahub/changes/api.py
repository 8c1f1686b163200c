"""REST of what goes out: the change feed."""

from typing import Annotated, Any

from fastapi import Depends, Query, Response

from datahub.changes import repository
from datahub.dictionary.api import Known
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.identity import require
from shared.kit.paging import INT64

router = new_router(tags=["records 数据服务"], dependencies=[Depends(require("datahub:read"))])


@router.get("/changes", summary="变更流")
async def list_changes(
    response: Response,
    db: Db,
    dictionary: Known,
    after: Annotated[int, Query(ge=0, le=INT64 - 1000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[dict[str, Any]]:
    async with db.transaction() as tx:
        response.headers["Feed-Watermark"] = str(await repository.read_watermark(tx))
        return list(await repository.list_changes(tx, after, limit, dictionary))
