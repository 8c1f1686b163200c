"""Attainments over REST."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from shared.kit.strict_json import StrictJsonRoute
from target_service import queries
from target_service.api.saving import READER, Db, KeyPath, Wanted, answer_list
from target_service.schemas import AttainmentFilter, AttainmentSummary, AttainmentView, JudgedAt
from target_service.schemas.rates import GroupRates, RatesFilter

router = APIRouter(route_class=StrictJsonRoute)


@router.get("/attainments", summary="达成列表", tags=["attainments 达成"], dependencies=READER)
async def list_attainments(
    response: Response, db: Db, wanted: Wanted, only: Annotated[AttainmentFilter, Query()]
) -> list[AttainmentView]:
    """How bindings stand; with `asOf`, on the judgements that stood at the end of that day."""
    async with db.transaction() as tx:
        listed = await queries.list_attainments(tx, wanted, only)
    return answer_list(response, wanted, listed)


@router.get(
    "/attainments/summary",
    summary="各层面达成概况",
    tags=["attainments 达成"],
    dependencies=READER,
)
async def summarise_attainments(db: Db) -> AttainmentSummary:
    async with db.transaction() as tx:
        return await queries.summarise_attainments(tx)


@router.get(
    "/attainments/rates",
    summary="标准达标率、目标达标率与达成度 ≥ 90 % 的个数",
    tags=["attainments 达成"],
    dependencies=READER,
)
async def list_rates(
    response: Response, db: Db, wanted: Wanted, only: Annotated[RatesFilter, Query()]
) -> list[GroupRates]:
    """By level, scope, plan or indicator; of a period, and as of a day."""
    async with db.transaction() as tx:
        listed = await queries.list_rates(tx, wanted, only)
    return answer_list(response, wanted, listed)


@router.get(
    "/attainments/{key:path}/history",
    summary="达成的历次判定",
    tags=["attainments 达成"],
    dependencies=READER,
)
async def list_history(key: KeyPath, response: Response, db: Db, wanted: Wanted) -> list[JudgedAt]:
    """Every judgement of a binding, or of a goal (`goal/<key>`), with the versions that it used."""
    async with db.transaction() as tx:
        listed = await queries.list_history(tx, wanted, key)
    return answer_list(response, wanted, listed)
