"""Versions of a definition: what each changed, and what an old one would say now."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from datahub.dictionary.api import Known
from datahub.indicators.api.asking import PERSONAL, READ, TAGS
from datahub.indicators.api.trying import told
from datahub.indicators.domain.document import IndicatorNotFoundError
from datahub.indicators.domain.versions import changed_keys, in_force
from datahub.indicators.queries import stored
from datahub.indicators.usecases import trying
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.idempotency import unkeyed
from shared.kit.identity import Caller, current_caller, require

router = new_router(tags=TAGS)

Version = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]


@router.get("/indicators/{indicator_id}/versions", summary="指标定义的版本", dependencies=READ)
async def list_indicator_versions(db: Db, indicator_id: str) -> list[dict[str, Any]]:
    """Every version, the newest first; what it changed of the one before; `values` it made.

    Several may be `in_force`, each for the periods that end on `effective_from` or later and
    before `until`. A value stays pinned to the version that made it until another measures it.
    """
    async with db.transaction() as tx:
        found = await stored.list_versions(tx, indicator_id)
    if not found:
        raise IndicatorNotFoundError(f"没有指标 {indicator_id}", f"no indicator {indicator_id}")
    before = [*found[1:], {"document": {}}]
    force = in_force(each["document"].get("effective_from") for each in found)
    return [
        {**each, **used, "changed": changed_keys(older["document"], each["document"])}
        for each, used, older in zip(found, force, before, strict=True)
    ]


@router.get(
    "/indicators/{indicator_id}/versions/{version}",
    summary="一个版本，与另一版本比较",
    dependencies=READ,
)
async def get_indicator_version(
    db: Db,
    indicator_id: str,
    version: Version,
    against: Annotated[
        int | None,
        Query(ge=1, le=2**31 - 1, description="与哪个版本比较，默认为现行版本 · compared with"),
    ] = None,
) -> dict[str, Any]:
    """The document of a version, and each key in which another one says something else."""
    async with db.transaction() as tx:
        found = {each["version"]: each for each in await stored.list_versions(tx, indicator_id)}
    against = max(found, default=1) if against is None else against
    for each in (version, against):
        if each not in found:
            raise _no_version(indicator_id, each)
    documents = (found[version]["document"], found[against]["document"])
    return {**found[version], "against": against, "differences": changed_keys(*documents)}


@router.post(
    "/indicators/{indicator_id}/versions/{version}/measure",
    summary="用旧版本试算",
    dependencies=[Depends(require("datahub:write"))],
)
@unkeyed
async def measure_indicator_version(  # noqa: PLR0913, PLR0917 — what a version is measured by
    request: Request,
    db: Db,
    dictionary: Known,
    caller: Annotated[Caller, Depends(current_caller)],
    indicator_id: str,
    version: Version,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """What an old version says of the data that are there, held against the values; kept nowhere.

    The answer is that of a dry run of its document.
    """
    async with db.transaction() as tx:
        document = await stored.get_document(tx, indicator_id, version)
    if document is None:
        raise _no_version(indicator_id, version)
    async with db.transaction() as tx:
        tried = await trying.try_indicator(
            tx,
            document,
            dictionary,
            lambda _: None,
            request.app.state.limits,
            sees_persons=caller.may(PERSONAL),
        )
    return told(tried, limit)


def _no_version(indicator: str, version: int) -> IndicatorNotFoundError:
    return IndicatorNotFoundError(
        f"指标 {indicator} 没有版本 {version}",
        f"the indicator {indicator} has no version {version}",
        fixes=[f"GET /api/datahub/v1/indicators/{indicator}/versions"],
    )
