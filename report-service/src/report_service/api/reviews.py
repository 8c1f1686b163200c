"""Review packages, and the checklists of provinces."""

from typing import Annotated, Any

from fastapi import Depends, Query, Response

from report_service.api.common import READ, WHOLE, Db, ThePress
from report_service.domain.checklists import DEFAULT, checklists, find_checklist
from report_service.schemas.common import Moment
from report_service.usecases.filing import MEDIA
from report_service.usecases.reviewing import Asked, review_package
from shared.contracts.vocabulary import PeriodKey, ScopeKey
from shared.kit.app import new_router
from shared.kit.audit_api import exported
from shared.kit.clock import now

router = new_router(tags=["review 复核材料"])


@router.get(
    "/review-package",
    summary="复核材料：报告、证据目录、随机抽取对象的全程追踪",
    dependencies=[Depends(WHOLE), Depends(exported)],
    response_class=Response,
)
async def get_review_package(  # noqa: PLR0913, PLR0917 — what a reviewer may choose
    db: Db,
    press: ThePress,
    scope: Annotated[ScopeKey, Query(description="对象", examples=["course/C0001"])],
    period: Annotated[PeriodKey | None, Query(description="周期；不填为最近有标准的周期")] = None,
    as_of: Annotated[Moment | None, Query(description="数据截至此刻；不填为现在")] = None,
    draw: Annotated[int, Query(ge=0, le=50, description="抽几个下级对象")] = 5,
    seed: Annotated[str, Query(max_length=64, pattern=r"^[\w.-]*$", description="抽签种子")] = "1",
    checklist: Annotated[str, Query(max_length=40, pattern="^[a-z_-]+$")] = DEFAULT,
) -> Response:
    """One archive that opens offline in a browser; the same question gives the same bytes."""
    asked = Asked(
        scope=scope,
        period=period,
        as_of=as_of or now(),
        count=draw,
        seed=seed,
        checklist=find_checklist(checklist),
    )
    async with db.transaction() as tx:
        name, content = await review_package(tx, asked, press)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=MEDIA["zip"], headers=headers)


@router.get("/checklists", summary="各省复核要点", dependencies=[READ])
async def list_checklists() -> list[dict[str, Any]]:
    return [each.document for each in checklists().values()]
