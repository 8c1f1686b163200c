"""S9, profiles: an object against its standard and its group, its past, and what happened."""

from decimal import Decimal
from typing import Any, Final
from urllib.parse import unquote

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from gateway.portal.api.goals import limit_said, side_of
from gateway.portal.api.screens import MaybeVisitor, show
from gateway.portal.domain.radar import Web, draw_radar
from gateway.portal.domain.refusals import RefusedError
from gateway.portal.domain.series import Line, Point, draw_series
from gateway.portal.domain.texts import period_text
from gateway.portal.domain.words import Words
from gateway.portal.queries import profiles as queries
from gateway.portal.queries.holes import maybe
from gateway.portal.queries.mine import own_scope
from gateway.portal.queries.saying import of_scope
from gateway.portal.queries.services import Services, names
from gateway.portal.schemas.profiles import Point as Standing
from gateway.portal.schemas.profiles import Profile
from shared.contracts import wording
from shared.kit.clock import CAMPUS, now

router = APIRouter(include_in_schema=False)

PAGE: Final = "/profiles"
WEBS: Final = {"现值": "value", "标准": "standard", "同类中位数": "median"}
"""By the name that the report service gives a series."""

PAGES: Final = {
    "/api/alert/v1/alerts/": "/alerts/",
    "/api/spiral/v1/corrections/": "/corrections/",
}
"""Where what an event leads to is shown."""


@router.get(PAGE)
async def profile_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the profile of an object in a period."""
    asked = request.query_params

    async def load(services: Services, words: Words) -> dict[str, Any]:
        if visitor is None:
            return {}
        of, period = asked.get("of", ""), asked.get("period", "")
        wanted = await queries.wanted(services, visitor, of, period)
        profile, unfit = None, ""
        if wanted.scope and wanted.period:
            try:
                profile = await queries.get_profile(services, wanted.scope, wanted.period)
            except RefusedError as error:
                unfit = error.en if words.language == "en" else error.zh
        told: dict[str, Any] = {"wanted": wanted, "profile": profile, "unfit": unfit}
        told |= {"page_of": _page_of}
        units = await services.units.get()
        told |= {"units": units, "names": await names(services, [wanted.scope])}
        if profile is None:
            return told
        told |= {
            "weeks": await maybe(queries.weeks_of(services, profile)),
            "today": now().astimezone(CAMPUS).date(),
        }
        # Who answers for it, or is it himself, may say whether its values are right.
        states = wanted.scope in {own_scope(visitor), *(each.scope for each in visitor.held)}
        said_of = await maybe(of_scope(services, wanted.scope)) if states else None
        told |= {"states": states, "said_of": (said_of and said_of.value) or {}}
        if "influences" in asked:
            # They are sought over all objects of the kind: for whoever asks, not on every look.
            asking = queries.list_influences(services, wanted.scope, wanted.period)
            told |= {"influences": await maybe(asking)}
        chosen = _chosen(profile, asked.get("indicator", ""))
        told |= {"chosen": chosen, "series": _series(profile, chosen, words, units)}
        return told | {"radar": _radar(profile, words, units), "cell_of": _cell_of}

    return await show(request, visitor, "profile.html", load)


def _chosen(profile: Profile, indicator: str) -> Standing | None:
    """Return the point whose series is drawn: the wanted one, else the first with a past."""
    named = next((each for each in profile.points if each.indicator == indicator), None)
    told = [each for each in profile.points if each.value is not None]
    longest = max(told, key=lambda each: len(each.history), default=None)
    return named or longest


def _series(
    profile: Profile, point: Standing | None, words: Words, units: dict[str, Any]
) -> Markup:
    if point is None:
        return Markup("")
    past = [(each.period, each.value) for each in point.history]
    points = [
        Point(
            period_text(period, words),
            None if value is None else Decimal(value),
            wording.value_words(value, point.unit, words.language),
        )
        for period, value in [*past, (profile.period, point.value)]
    ]
    limits = {"target": point.target, "standard": point.standard}
    lines = [
        Line(
            kind,
            f"{words(f'line-{kind}')} {limit_said(limit, point.unit, words)}",
            Decimal(limit.value),
            side_of(kind, limit),
        )
        for kind, limit in limits.items()
        if limit and "," not in limit.value
    ]
    if point.median is not None:
        median = wording.value_words(point.median, point.unit, words.language)
        lines.append(Line("median", f"{words('profile-median')} {median}", Decimal(point.median)))
    name = _name(point.indicator, point.name, words, units)
    said = words("series-said", name, "；".join(f"{each.name} {each.said}" for each in points))
    # Safe: the figure escapes every text in it.
    return Markup(draw_series(points, lines, said))  # noqa: S704


async def profile_figure(
    services: Services, words: Words, scope: str, period: str
) -> tuple[str, Markup]:
    """Return the name of an object, and its radar against standard and median.

    Raises:
        RefusedError: there is no such object, or nothing is known of it in the period.
    """
    profile = await queries.get_profile(services, scope, period)
    return profile.name, _radar(profile, words, await services.units.get())


def _radar(profile: Profile, words: Words, units: dict[str, Any]) -> Markup:
    if profile.radar is None:
        return Markup("")
    indicators = {each.name: each.indicator for each in profile.points}
    axes = [
        _name(indicators.get(each, ""), each, words, units) for each in profile.radar.categories
    ]
    webs = [
        Web(
            WEBS.get(str(each["name"]), "value"),
            words(f"profile-{WEBS.get(str(each['name']), 'value')}"),
            [None if share is None else float(share) for share in each["values"]],
        )
        for each in reversed(profile.radar.series)
    ]
    said = "；".join(
        f"{web.name} "
        + "、".join(
            f"{axis} {share:.0%}"
            for axis, share in zip(axes, web.shares, strict=True)
            if share is not None
        )
        for web in webs
    )
    # Safe: the figure escapes every text in it.
    return Markup(draw_radar(axes, webs, words("series-said", words("profile-radar"), said)))  # noqa: S704


def _name(indicator: str, name: str, words: Words, units: dict[str, Any]) -> str:
    measure = units.get(indicator)
    return words.pick(name, measure.en) if measure else name


def _cell_of(explanation: str) -> str:
    """Return the cell that an explanation is of: ``indicator|scope|period``."""
    return unquote(explanation.rpartition("/measurements/")[2].removesuffix("/explanation"))


def _page_of(link: str) -> str:
    """Return the page on which is shown what an event leads to."""
    for begin, page in PAGES.items():
        if link.startswith(begin):
            return page + link.removeprefix(begin)
    return link if link.startswith("/") and not link.startswith(("/api/", "//")) else ""
