"""The parts of a page: each loads alone, fails alone, and is refreshed alone."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlencode

from markupsafe import Markup

from gateway.portal import queries
from gateway.portal.api.rendering import eight, render
from gateway.portal.domain.figure import CROSSING, Lit
from gateway.portal.domain.listing import ALERTS, CORRECTIONS, UnknownWishError, read_wish
from gateway.portal.domain.texts import day_of, period_text
from gateway.portal.domain.words import Words
from gateway.portal.queries.holes import maybe
from gateway.portal.queries.services import Listed, Services, list_of
from gateway.portal.queries.services import names as names_of
from gateway.portal.schemas import OpenCycle
from gateway.portal.schemas.cycles import Entry
from shared.errors import DomainError
from shared.kit.clock import CAMPUS
from shared.kit.identity import NotAllowedError

FIRST_PAINT_SECONDS: Final = 1.5
"""How long the whole page waits for its slowest part; what comes later comes as a fragment."""

ALERTS_SHOWN: Final = 12
CORRECTIONS_SHOWN: Final = 5
"""On the overview; each list has a page that shows all."""

REPORT: Final = "report:take-part"
"""Who may not make reports sees no button for it, and a link to those that were made."""

Asked = Mapping[str, str]
"""The query of the page: which cycle, which filters."""

Load = Callable[[Services, Words, Asked], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the page."""

    service: str
    """Named when the part is not available."""

    every: int
    """Seconds between refreshes."""

    load: Load


async def _as_of(services: Services, _words: Words, _asked: Asked) -> dict[str, Any]:
    return {"batch": await queries.newest(services)}


async def _levels(services: Services, _words: Words, _asked: Asked) -> dict[str, Any]:
    return {"cards": await queries.levels(services)}


async def _spiral(services: Services, words: Words, asked: Asked) -> dict[str, Any]:
    found = await queries.spiral(services, asked.get("cycle"))
    cycle = found.cycle
    if cycle is None:
        return {"cycle": None, "others": [], "figure": "", "may_report": False, "report": None}
    path = f"cycles/{quote(cycle.key)}"
    entries = await maybe(list_of(services, "spiral", f"{path}/entries", Entry))
    lit = replace(lit_of(cycle, words), notes=entered_on(entries.value or ()), page=f"/{path}")
    may_report = services.caller.may(REPORT)
    report = None if may_report else await queries.newest_report(services, cycle)
    drawn = {"figure": eight(lit, words), "may_report": may_report, "report": report}
    return {"cycle": cycle, "others": found.others} | drawn


def entered_on(entries: Sequence[Entry]) -> dict[str, str]:
    """Return the day of the year on which each step of a cycle was entered last."""
    return {each.step: day_of(each.at, CAMPUS)[5:] for each in entries if each.what != "replanned"}


def lit_of(cycle: OpenCycle, words: Words) -> Lit:
    """Return what the figure tells of a cycle."""
    period = period_text(cycle.period, words)
    step, busy = words.step(cycle.step), cycle.open_corrections
    note = words("corrections-open", busy) if busy else words("corrections-none")
    return Lit(
        step=cycle.step,
        routine="correct" if busy else "monitor" if cycle.step == CROSSING else None,
        big_note=period,
        small_note=note,
        said=words("spiral-said", cycle.scope_name or cycle.scope, period, step, note),
    )


async def _alerts(services: Services, _words: Words, asked: Asked) -> dict[str, Any]:
    wish = read_wish(ALERTS, {"severity": asked.get("severity", "")})
    here = f"/?{urlencode(asked)}" if asked else "/"
    found = queries.alerts(services, wish, ALERTS_SHOWN)
    return {"wish": wish, "here": here} | await _rows(services, found)


async def _corrections(services: Services, _words: Words, _asked: Asked) -> dict[str, Any]:
    wish = read_wish(CORRECTIONS, {})
    found = queries.corrections(services, wish, CORRECTIONS_SHOWN)
    return {"wish": wish} | await _rows(services, found)


async def _all_alerts(services: Services, _words: Words, asked: Asked) -> dict[str, Any]:
    wish = read_wish(ALERTS, asked)
    here = wish.url(page=wish.page)
    return {"wish": wish, "here": here} | await _rows(services, queries.alerts(services, wish))


async def _all_corrections(services: Services, _words: Words, asked: Asked) -> dict[str, Any]:
    wish = read_wish(CORRECTIONS, asked)
    return {"wish": wish} | await _rows(services, queries.corrections(services, wish))


async def _rows(services: Services, asking: Awaitable[Listed]) -> dict[str, Any]:
    """Return a list, with the names and units that its rows need."""
    listed, units = await asyncio.gather(asking, services.units.get())
    people = [key for row in listed.rows for key in (row.owner, row.acknowledged_by)]
    names = await names_of(services, people)
    may_report = services.caller.may(REPORT)
    reports = {} if may_report else await queries.reports(services)
    told = {"names": names, "may_report": may_report, "reports": reports}
    return {"listed": listed, "units": units} | told


async def _flow(services: Services, _words: Words, _asked: Asked) -> dict[str, Any]:
    flow, entities = await asyncio.gather(queries.flow(services), services.entities.get())
    return {"flow": flow, "entities": entities}


PARTS: Final = {
    "asof": Part(service="datahub", every=5, load=_as_of),
    "levels": Part(service="target", every=5, load=_levels),
    "spiral": Part(service="spiral", every=8, load=_spiral),
    "alerts": Part(service="alert", every=20, load=_alerts),
    "corrections": Part(service="spiral", every=6, load=_corrections),
    "flow": Part(service="datahub", every=5, load=_flow),
    "all-alerts": Part(service="alert", every=20, load=_all_alerts),
    "all-corrections": Part(service="spiral", every=20, load=_all_corrections),
}

OVERVIEW: Final = ("asof", "levels", "spiral", "alerts", "corrections", "flow")


async def render_part(name: str, services: Services, words: Words, asked: Asked) -> Markup:
    """Return the inside of a part, or why it cannot be shown.

    Raises:
        UnknownWishError: the page's query asks for what there is not.
    """
    part = PARTS[name]
    try:
        context = await part.load(services, words, asked)
    except UnknownWishError:
        raise
    except NotAllowedError:
        return render("fragments/away.html", words, name=name, service=None)
    except DomainError:
        return render("fragments/away.html", words, name=name, service=part.service)
    return render(f"fragments/{name}.html", words, **context)


async def render_parts(
    names: Sequence[str], services: Services, words: Words, asked: Asked
) -> dict[str, Markup]:
    """Return the parts of a page; one that takes too long comes as a place-holder."""

    async def one(name: str) -> Markup:
        try:
            async with asyncio.timeout(FIRST_PAINT_SECONDS):
                return await render_part(name, services, words, asked)
        except TimeoutError:
            return render("fragments/waiting.html", words, name=name)

    return dict(zip(names, await asyncio.gather(*(one(name) for name in names)), strict=True))
