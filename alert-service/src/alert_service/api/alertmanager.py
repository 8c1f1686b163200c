"""Alertmanager's API v2, as far as Prometheus needs it, and whoever reads alerts from there."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, Field, field_validator

from alert_service.api.edge import Clock, Db, Reader, Writer, right_of
from alert_service.domain import notifying
from alert_service.domain.alertmanager import LASTS, Foreign, fingerprint
from alert_service.queries import notifying as queries
from alert_service.repository import foreign, groups, policies
from alert_service.repository.policies import Policies
from alert_service.schemas.routing import Label, Strict
from alert_service.usecases import alertmanager as usecases
from alert_service.usecases.notifying import shown_labels
from shared.kit.clock import now
from shared.kit.moments import check_year
from shared.kit.strict_json import StrictJsonRoute

router = APIRouter(prefix="/api/v2", tags=["alertmanager 兼容"], route_class=StrictJsonRoute)

Text = Annotated[str, Field(max_length=2000)]


class PostableAlert(Strict):
    """An alert as Prometheus posts it."""

    labels: Annotated[
        dict[Label, Text],
        Field(
            min_length=1,
            max_length=60,
            examples=[{"alertname": "HubLagging", "severity": "warning", "job": "datahub"}],
        ),
    ]
    annotations: Annotated[dict[Label, Text], Field(max_length=60)] = {}  # noqa: RUF012
    starts_at: Annotated[AwareDatetime | None, Field(alias="startsAt")] = None
    ends_at: Annotated[AwareDatetime | None, Field(alias="endsAt")] = None
    """In the past: it is over. Absent: in five minutes, unless it comes again."""

    generator_url: Annotated[Text, Field(alias="generatorURL")] = ""

    @field_validator("starts_at", "ends_at")
    @classmethod
    def check_years(cls, given: datetime | None) -> datetime | None:
        """Refuse what no calendar of a college holds; before year 2 stands for none."""
        return check_year(given) if given is not None and given.year > 1 else given

    def read(self, at: datetime) -> Foreign:
        """Return the alert; an end before year 2 stands for none, as Go writes it."""
        ends_at = self.ends_at if self.ends_at and self.ends_at.year > 1 else at + LASTS
        starts_at = self.starts_at if self.starts_at and self.starts_at.year > 1 else at
        return Foreign(
            labels={name: value for name, value in self.labels.items() if value},
            annotations=self.annotations,
            starts_at=min(starts_at, ends_at),
            ends_at=ends_at,
            url=self.generator_url,
        )


class Receiver(BaseModel):
    """Who is told."""

    name: str


class AlertStatus(BaseModel):
    """Whether anybody is told."""

    state: Literal["active", "suppressed"]
    silenced_by: Annotated[list[str], Field(serialization_alias="silencedBy")]
    inhibited_by: Annotated[list[str], Field(serialization_alias="inhibitedBy")]


class GettableAlert(BaseModel):
    """An open alert as Alertmanager answers it."""

    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: Annotated[datetime, Field(serialization_alias="startsAt")]
    ends_at: Annotated[datetime, Field(serialization_alias="endsAt")]
    updated_at: Annotated[datetime, Field(serialization_alias="updatedAt")]
    fingerprint: str
    receivers: list[Receiver]
    status: AlertStatus
    generator_url: Annotated[str, Field(serialization_alias="generatorURL")]


Several = Annotated[list[PostableAlert], Field(max_length=2000)]


@router.post("/alerts", summary="Prometheus 推送预警：成为类别 data 的预警，到 endsAt 即销号")
async def post_foreign_alerts(
    body: Several, request: Request, db: Db, _: Writer, hours: Clock
) -> dict[str, int]:
    async with db.transaction(correlation=request.state.request_id) as tx:
        at = now()
        await usecases.take(tx, [each.read(at) for each in body], at, hours)
    return {"received": len(body)}


@router.get("/alerts", summary="未销号预警，Alertmanager 的格式")
async def get_foreign_alerts(
    db: Db,
    caller: Reader,
    active: Annotated[bool, Query()] = True,  # noqa: FBT002 — as Alertmanager asks
    silenced: Annotated[bool, Query()] = True,  # noqa: FBT002
    inhibited: Annotated[bool, Query()] = True,  # noqa: FBT002
) -> list[GettableAlert]:
    async with db.transaction() as tx:
        at = now()
        policy = await Policies().get(tx)
        found = await queries.active_alerts(tx, right_of(caller))
        theirs = await foreign.told_of(tx, [row.id for row, _ in found])
        silences = await policies.silences_at(tx, at)
        sources = await groups.list_sources(tx, policy)
    shown = []
    for row, member in found:
        by = [each.id for each in silences if each.covers(member.labels, at)]
        source = notifying.inhibitor(policy, sources, member)
        if (by and not silenced) or (source and not inhibited) or not (by or source or active):
            continue
        routes = policy.root.takers(member.labels)
        names = {f"{path.path}" for path in routes}
        status = AlertStatus(
            state="suppressed" if by or source else "active",
            silenced_by=by,
            inhibited_by=[source] if source else [],
        )
        shown.append(_gettable(row, member, theirs.get(row.id), names, status))
    return shown


def _gettable(
    row: Any, member: notifying.Member, told: Any, routes: set[str], status: AlertStatus
) -> GettableAlert:
    labels = dict(told.labels) if told else shown_labels(member)
    return GettableAlert(
        labels=labels,
        annotations=dict(told.annotations) if told else {"summary": row.title},
        starts_at=told.starts_at if told else row.raised_at,
        ends_at=told.ends_at if told else row.due_at,
        updated_at=told.updated_at if told else row.changed_at,
        fingerprint=fingerprint(labels),
        receivers=[Receiver(name=each) for each in sorted(routes)],
        status=status,
        generator_url=told.url if told else "",
    )
