"""What an object lacks for its next tier, over REST."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from shared.contracts.vocabulary import PeriodKey
from shared.kit.clock import CAMPUS, now
from shared.kit.strict_json import StrictJsonRoute
from target_service import queries
from target_service.api.saving import READER, Db
from target_service.schemas import Key
from target_service.schemas.next_tier import NextTierView

router = APIRouter(route_class=StrictJsonRoute)

Kind = Literal["school", "unit", "major", "course", "class", "group", "teacher", "student"]


@router.get(
    "/scopes/{kind}/{key:path}/next-tier",
    summary="距下一等级的差距",
    description="By its bindings and the standards that are for it; `standard` asks by another one,"
    " as that of the next title.",
    tags=["standards 标准"],
    dependencies=READER,
)
async def get_next_tier(
    kind: Kind,
    key: Annotated[str, Path(pattern=r"^\S.{0,199}$")],
    db: Db,
    standard: Annotated[Key | None, Query()] = None,
    period: Annotated[PeriodKey | None, Query()] = None,
) -> NextTierView:
    today = now().astimezone(CAMPUS).date()
    async with db.transaction() as tx:
        return await queries.get_next_tier(
            tx, f"{kind}/{key}", standard=standard, period=period, today=today
        )
