"""Profiles: the facts on one object, put beside its lines, its past and its group."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

from report_service.domain.influences import FEW
from report_service.domain.making_lines import make_lines
from report_service.domain.profiles import Point, events_of, points_of, radar_of, tags_of
from report_service.repository import facts as known
from report_service.repository import reports
from report_service.repository.influences import influences_of
from report_service.schemas.profiles import (
    EventOut,
    InfluenceOut,
    PointOut,
    ProfileOut,
    RadarOut,
    TagOut,
)
from report_service.usecases.reports import find_seen
from shared.contracts.vocabulary import level_of
from shared.kit.database import Transaction

_PLACES = Decimal("0.0001")
_EXPLANATION = "/api/datahub/v1/measurements/{}/explanation"


async def profile_of(
    tx: Transaction, scope: str, period: str, as_of: datetime | None
) -> ProfileOut:
    """Return the profile of an object in a period.

    Raises:
        UnknownReferenceError: the hub has told of no such scope, or the caller does not see it.
        NothingToReportError: nothing is known of it in that period.
    """
    await known.read_in_one_snapshot(tx)
    about = await find_seen(tx, scope, as_of)
    facts = await known.read_facts(tx, about, period, as_of)
    lines = make_lines(facts)
    points = points_of(facts)
    radar = radar_of(points)
    return ProfileOut(
        scope=scope,
        name=about.name_zh,
        level=level_of(scope),
        period=period,
        as_of=facts.as_of(),
        basics=[asdict(each) for each in lines.basics],
        points=[_linked(each) for each in points],
        radar=RadarOut(
            categories=list(radar.categories),
            series=[asdict(each) for each in radar.series],
            svg=radar.svg,
            said=radar.said,
        )
        if radar
        else None,
        tags=[TagOut.model_validate(each) for each in tags_of(facts, points)],
        events=[EventOut.model_validate(each) for each in events_of(facts)],
        reports=await reports.newest_of(tx, scope),
    )


async def influences_on(
    tx: Transaction, scope: str, period: str, as_of: datetime | None
) -> list[InfluenceOut]:
    """Return what varies together with the points of an object that miss their standard.

    Raises:
        UnknownReferenceError: the hub has told of no such scope, or the caller does not see it.
        NothingToReportError: nothing is known of it in that period.
    """
    await known.read_in_one_snapshot(tx)
    about = await find_seen(tx, scope, as_of)
    facts = await known.read_facts(tx, about, period, as_of)
    return [
        InfluenceOut(
            indicator=each.indicator,
            name=facts.name_of(each.indicator),
            factor=each.factor,
            factor_name=facts.name_of(each.factor),
            kind=each.kind,
            n=each.n,
            few=each.n < FEW,
            r=each.r,
            explained_ratio=str((Decimal(each.r) ** 2).quantize(_PLACES)),
        )
        for each in await influences_of(tx, facts, as_of)
    ]


def _linked(point: Point) -> PointOut:
    told = PointOut.model_validate(point)
    if point.masked or point.explanation is None:
        told.explanation = None
    else:
        told.explanation = _EXPLANATION.format(quote(point.explanation, safe=""))
    return told
