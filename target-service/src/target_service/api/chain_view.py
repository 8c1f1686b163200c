"""The tree of goals over REST, one level at a time."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from shared.kit.clock import now
from shared.kit.identity import require
from shared.kit.strict_json import StrictJsonRoute
from target_service import queries, usecases
from target_service.api.saving import (
    READER,
    Db,
    Judging,
    KeyPath,
    SeenDb,
    Wanted,
    answer_list,
)
from target_service.api.seen import OF_A_GOAL
from target_service.domain.limits import read_number
from target_service.domain.standing import TAKE_PART
from target_service.queries import read_node
from target_service.schemas import (
    ChainNode,
    ForecastView,
    Key,
    WhatIf,
    WhatIfAnswer,
    WouldStand,
)

OfParent = Annotated[Key | None, Query(description="上级目标；不写则为根 · none: the roots")]

router = APIRouter(route_class=StrictJsonRoute, dependencies=OF_A_GOAL)


@router.get("/chain", summary="目标链：一层", tags=["goals 目标"], dependencies=READER)
async def list_level(
    response: Response,
    db: Db,
    wanted: Wanted,
    parent: OfParent = None,
) -> list[ChainNode]:
    """The child goals of a goal with how they stand, or the roots; `has_children`: go on there."""
    async with db.transaction() as tx:
        listed = await queries.list_level(tx, wanted, parent)
    return answer_list(response, wanted, listed)


@router.post(
    "/goals/{key:path}/what-if",
    summary="目标：试算",
    tags=["goals 目标"],
    dependencies=[Depends(require(TAKE_PART))],
)
async def what_if(
    key: KeyPath, body: WhatIf, request: Request, db: SeenDb, rules: Judging
) -> WhatIfAnswer:
    """What would follow from other values or weights in the tree of a goal; nothing is stored.

    It is for who has duties: the chain stands still as long as it takes.
    """
    values = {name: read_number(each) if each else None for name, each in body.values.items()}
    async with db.transaction(correlation=request.state.request_id) as tx:
        await queries.check_goal(tx, key)
        found = await usecases.what_if(tx, key, values, body.weights, now(), rules)
        return WhatIfAnswer(changed=[_would(each) for each in found])


@router.get(
    "/attainments/{key:path}/forecast",
    summary="到期预测",
    tags=["attainments 达成"],
    dependencies=READER,
)
async def forecast_attainment(key: KeyPath, db: Db) -> ForecastView:
    """What may be there at the deadline: of a binding its value, of `goal/<key>` its attainment."""
    async with db.transaction() as tx:
        return await queries.forecast_of(tx, key, now())


def _would(supposed: usecases.Supposed) -> WouldStand:
    node = supposed.after
    return WouldStand(
        key=node.goal,
        parent=node.parent,
        scope=node.scope,
        period=node.period,
        before=read_node(supposed.before),
        after=read_node(node),
    )
