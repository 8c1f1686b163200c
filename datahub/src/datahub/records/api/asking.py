"""What every question about records has in common: its entity, its moment, its filters."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Any, ClassVar, Final

from fastapi import Depends, Path, Query, Request, Response
from fastapi.dependencies.utils import get_dependant
from fastapi.routing import APIRoute

from datahub.dictionary.api import Known
from datahub.dictionary.api.seeing import Looks
from datahub.dictionary.domain.entity import Entity
from datahub.records import queries
from datahub.records.domain.asking import Asking, read_asking
from datahub.records.queries import Reader
from shared.errors import DomainError, ErrorKind
from shared.kit.clock import CAMPUS, now
from shared.kit.paging import INT64
from shared.kit.strict_request import asked_by, takes_rest

PLACE: Final = "seq:"
CLOCKS_DIFFER: Final = timedelta(minutes=1)
"""By so much a caller's clock may be ahead of ours. Source: our default."""


class EntityClosedError(DomainError):
    """The key of such a record already tells what may not leave the hub unasked."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "closed-entity"
    title_zh: ClassVar = "不开放的实体"
    title_en: ClassVar = "A closed entity"


class RawEntityError(DomainError):
    """Raw events are no records: they are kept for a time, and read with a permission of theirs."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "raw-entity"
    title_zh: ClassVar = "原始事件不按记录读取"
    title_en: ClassVar = "Raw events are no records"


class AsOfInvalidError(DomainError):
    """A moment that cannot be read."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "as-of-invalid"
    title_zh: ClassVar = "时点无法读取"
    title_en: ClassVar = "The moment cannot be read"


@dataclass(frozen=True, slots=True)
class Moment:
    """When records are read: at the end of a day, before an instant, or at a place of the feed."""

    instant: datetime | None = None
    seq: int | None = None

    async def place(self, reader: Reader) -> int | None:
        """Return the place in the change feed; None is now.

        Raises:
            AsOfInvalidError: nothing has that place yet.
        """
        if self.instant is not None:
            return await queries.seq_at(reader, self.instant)
        if self.seq is not None and self.seq > (last := await queries.last_seq(reader)):
            raise _not_yet(self.seq, last)
        return self.seq


async def moment(
    as_of: Annotated[
        str | None,
        Query(
            alias="asOf",
            max_length=40,
            description="日期（当日终了）、时刻、seq:<序号> · date (its end), instant, seq:<n>",
            examples=["2026-11-20", "2026-11-20T08:00:00+08:00", "seq:1200"],
        ),
    ] = None,
) -> Moment:
    """Read the moment of a question.

    Raises:
        AsOfInvalidError: it is none of the three forms, or still to come.
    """
    if as_of is None:
        return Moment()
    if as_of.startswith(PLACE) and as_of.removeprefix(PLACE).isdecimal():
        seq = int(as_of.removeprefix(PLACE)[:19])
        return Moment(seq=min(seq, INT64))
    try:
        begin, end = _instants(as_of)
    except (ValueError, OverflowError) as error:
        raise _no_moment(as_of) from error
    if begin > (present := now()) + CLOCKS_DIFFER:
        raise _to_come(as_of, present)
    return Moment(instant=end)


def _instants(as_of: str) -> tuple[datetime, datetime]:
    """Return when a day begins and ends; of an instant twice the same."""
    if len(as_of) == len("2026-11-20"):
        day = date.fromisoformat(as_of)
        following = datetime.combine(day + timedelta(days=1), time(), CAMPUS)
        return datetime.combine(day, time(), CAMPUS), following
    instant = datetime.fromisoformat(as_of)
    instant = instant if instant.tzinfo else instant.replace(tzinfo=CAMPUS)
    # At the edge of time it is one in its own zone alone.
    return instant.astimezone(UTC), instant.astimezone(UTC)


def _no_moment(as_of: str) -> AsOfInvalidError:
    return AsOfInvalidError(
        f"asOf={as_of} 不是日期、时刻或 seq:<序号>",
        f"asOf={as_of} is no date, instant or seq:<n>",
        fields={"query.asOf": ["YYYY-MM-DD | ISO 8601 | seq:<n>"]},
    )


def _to_come(as_of: str, present: datetime) -> AsOfInvalidError:
    here = present.astimezone(CAMPUS).isoformat(timespec="seconds")
    return AsOfInvalidError(
        f"asOf={as_of} 还没有到，现在是 {here}",
        f"asOf={as_of} is still to come; it is {here}",
        fields={"query.asOf": [f"至多 {here}；不写即此刻 (at most; leave it out for now)"]},
        fixes=["某天起生效的记录用 validOn (validOn asks what is in force on a day to come)"],
    )


async def known_entity(
    dictionary: Known, entity: Annotated[str, Path(examples=["course"])]
) -> Entity:
    """Return the entity that the path names.

    Raises:
        EntityUnknownError: the dictionary has none of that name.
        EntityClosedError: its records leave the hub as aggregates only.
        RawEntityError: it has no records.
    """
    known = dictionary.entity(entity)
    if known.is_raw:
        raise RawEntityError(
            f"{known.zh}只在追溯时读取，需要权限 datahub:trace",
            f"{known.name} is read to trace a total, with the permission datahub:trace",
            fixes=["GET /api/datahub/v1/learning-events?student="],
        )
    if known.is_closed:
        raise EntityClosedError(
            f"{known.zh}的记录只能作为汇总离开中台",
            f"records of {known.name} leave the hub as aggregates only",
            fixes=["GET /api/datahub/v1/measurements"],
        )
    return known


def _not_yet(seq: int, last: int) -> AsOfInvalidError:
    return AsOfInvalidError(
        f"asOf=seq:{seq} 还没有；变更流目前到 {last}",
        f"asOf=seq:{seq} is not there yet; the change feed goes up to {last}",
        fields={"query.asOf": [f"至多 seq:{last}；不写即此刻 (at most; leave it out for now)"]},
    )


@cache
def _parameters(path: str, endpoint: Callable[..., Any]) -> frozenset[str]:
    return frozenset(asked_by(get_dependant(path=path, call=endpoint)).names)


@takes_rest
async def asking(
    request: Request,
    entity: Annotated[Entity, Depends(known_entity)],
    fields: Annotated[
        str | None,
        Query(max_length=4000, description="逗号分隔的字段名 · names of fields, by commas"),
    ] = None,
    order: Annotated[str, Query(pattern="^(asc|desc)$", description="按键排序 · by key")] = "asc",
    valid_on: Annotated[
        date | None, Query(alias="validOn", description="在这一天有效 · in force on this day")
    ] = None,
    *,
    eyes: Looks,
) -> Asking:
    """Read a question about records; every parameter that is no other is a filter by a field.

    Raises:
        AskingInvalidError: with every fault.
    """
    route: APIRoute = request.scope["route"]
    known = _parameters(route.path, route.endpoint)
    filters = [pair for pair in request.query_params.multi_items() if pair[0] not in known]
    asked = read_asking(
        entity,
        filters,
        fields=fields,
        descending=order == "desc",
        valid_on=valid_on,
        masking=await eyes.masking_of(entity),
    )
    return replace(asked, seen=await eyes.of(entity))


def tell_place(response: Response, place: int | None) -> None:
    """Say which place of the change feed was read: asked for again, the answer is the same."""
    if place is not None:
        response.headers["As-Of-Seq"] = str(place)


def tell_masked(response: Response, asked: Asking) -> None:
    """Say which fields of the answer are told masked, where somebody sees less than is there."""
    if asked.masking is not None and (told := asked.masking.fields & {*asked.fields}):
        response.headers["Masked-Fields"] = ", ".join(sorted(told))


def json_response(body: bytes, response: Response) -> Response:
    """Return JSON that PostgreSQL has written, with the headers set so far."""
    headers: dict[str, Any] = dict(response.headers)
    headers.pop("content-length", None)
    return Response(body, media_type="application/json", headers=headers)
