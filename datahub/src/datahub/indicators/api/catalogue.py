"""The catalogue of indicators that is shipped: read, and published."""

from typing import Annotated, Any

from fastapi import Body, Depends, Request

from datahub.dictionary.api import Versions
from datahub.indicators.api.asking import READ, TAGS
from datahub.indicators.domain.limits import Limits
from datahub.indicators.domain.versions import is_left
from datahub.indicators.queries import stored
from datahub.indicators.repository.shipped import load_catalogue, load_thresholds
from datahub.indicators.schemas import PublishAsked
from datahub.indicators.usecases import publishing
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.identity import require

router = new_router(tags=TAGS)


@router.get("/catalogue", summary="随附的指标目录", dependencies=READ)
async def list_catalogue(db: Db) -> list[dict[str, Any]]:
    """What is shipped; `origin` and `version` tell what is in force: null is not published.

    `thresholds` are figures in use elsewhere, `seen`, or from `memory` and to be checked: they are
    no part of the definition, and bind nobody until they stand in a standard. `shipped_changed`:
    the college has its own, and what is shipped is another one than that departs from.
    """
    async with db.transaction() as tx:
        present = {each["indicator"]: each for each in await stored.list_documents(tx)}
    return [
        {
            "indicator": name,
            "catalogue": document["catalogue"],
            "version": present.get(name, {}).get("version"),
            "origin": present.get(name, {}).get("origin"),
            "retired_on": present.get(name, {}).get("retired_on"),
            "shipped_changed": is_left(present.get(name, {}).get("departs_from"), document),
            "thresholds": load_thresholds().get(name, []),
            "document": document,
        }
        for name, document in load_catalogue().items()
    ]


@router.post(
    "/catalogue/publish",
    summary="发布目录中的指标",
    dependencies=[Depends(require("datahub:write"))],
)
async def publish_catalogue(
    request: Request,
    db: Db,
    dictionaries: Versions,
    asked: Annotated[PublishAsked, Body(examples=[{"rows": ["SC01", "PR"]}])],
) -> dict[str, publishing.State]:
    """By ids, by rows or families, or all. What the college defined itself is `kept` as it is."""
    documents = publishing.choose(asked.indicators, asked.rows)
    limits: Limits = request.app.state.limits
    async with db.transaction() as tx:
        dictionary = await dictionaries.held(tx)
        return await publishing.publish_shipped(tx, documents, dictionary, limits)
