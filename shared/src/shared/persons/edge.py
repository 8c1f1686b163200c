"""Where a service is asked for somebody's data, and told to erase it."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from shared.contracts.persons import PersonErased, PersonErasureOrdered
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.identity import require
from shared.kit.worker import Received, Subscription
from shared.persons.register import Collect, Erase, Holding, Person, collect, erase

EXPORTS = "persons:export"

WhichKind = Annotated[str, Path(pattern="^(student|teacher)$", examples=["student"])]
WhichKey = Annotated[str, Path(min_length=1, max_length=100, examples=["20240001"])]


def person_router(gather: Collect) -> APIRouter:
    """Return the route that tells everything that the service holds of somebody."""
    router = new_router(tags=["persons 个人信息"])

    @router.get(
        "/persons/{kind}/{key}",
        summary="某人的全部数据：本服务的部分",
        dependencies=[Depends(require(EXPORTS))],
    )
    async def get_person_data(
        db: Db, kind: WhichKind, key: WhichKey
    ) -> dict[str, list[dict[str, Any]]]:
        async with db.transaction() as tx:
            tx.record("exported", f"{kind}/{key}")
            return await gather(tx, Person(f"{kind}/{key}"))

    return router


def erasure_subscription(service: str, told: type[PersonErased], wipe: Erase) -> Subscription:
    """Return what erases somebody in a service when it is ordered, and answers with what it did."""

    async def on_order(tx: Transaction, batch: Sequence[Received]) -> None:
        for each in batch:
            order = each.event
            if not isinstance(order, PersonErasureOrdered):
                continue
            tables = await wipe(tx, Person(order.scope))
            answer = told(erasure=order.erasure, scope=order.scope, tables=tuple(tables), at=now())
            tx.publish(answer, order.scope)

    return Subscription(
        name=f"{service}-erasures",
        stream="QA_EVT",
        events=(PersonErasureOrdered,),
        handler=on_order,
    )


def by_register(
    service: str, told: type[PersonErased], holdings: Sequence[Holding]
) -> tuple[APIRouter, Subscription]:
    """Return both, of a service that declares what it holds."""

    async def gather(tx: Transaction, person: Person) -> dict[str, list[dict[str, Any]]]:
        return await collect(tx, holdings, person)

    async def wipe(tx: Transaction, person: Person) -> Any:
        return await erase(tx, holdings, person)

    return person_router(gather), erasure_subscription(service, told, wipe)
