"""The parts of the overview: each loads alone, fails alone, and is refreshed alone."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from gateway.portal import queries
from gateway.portal.api.rendering import eight, render
from gateway.portal.domain.figure import CROSSING, Lit
from gateway.portal.domain.texts import period_text
from gateway.portal.domain.words import Words
from gateway.portal.queries import Services
from shared.contracts.vocabulary import Severity
from shared.errors import DomainError
from shared.kit.identity import NotAllowedError

FIRST_PAINT_SECONDS: Final = 1.5
"""How long the whole page waits for its slowest part; what comes later comes as a fragment."""

Asked = Mapping[str, str]
"""The query of the page: which cycle, which colour."""

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
        return {"cycle": None, "others": [], "figure": ""}
    period = period_text(cycle.period, words)
    step, busy = words.step(cycle.step), cycle.open_corrections
    note = words("corrections-open", busy) if busy else words("corrections-none")
    lit = Lit(
        step=cycle.step,
        routine="correct" if busy else "monitor" if cycle.step == CROSSING else None,
        big_note=period,
        small_note=note,
        said=words("spiral-said", cycle.scope_name or cycle.scope, period, step, note),
    )
    return {"cycle": cycle, "others": found.others, "figure": eight(lit, words)}


async def _alerts(services: Services, _words: Words, asked: Asked) -> dict[str, Any]:
    wanted = asked.get("severity", "")
    severity = Severity(wanted) if wanted in set(Severity) else None
    listed, units = await asyncio.gather(queries.alerts(services, severity), services.units())
    return {"listed": listed, "severity": severity, "units": units}


async def _corrections(services: Services, _words: Words, _asked: Asked) -> dict[str, Any]:
    listed, units = await asyncio.gather(queries.corrections(services), services.units())
    return {"listed": listed, "units": units}


async def _flow(services: Services, _words: Words, _asked: Asked) -> dict[str, Any]:
    return {"flow": await queries.flow(services)}


PARTS: Final = {
    "asof": Part(service="datahub", every=5, load=_as_of),
    "levels": Part(service="target", every=5, load=_levels),
    "spiral": Part(service="spiral", every=8, load=_spiral),
    "alerts": Part(service="alert", every=20, load=_alerts),
    "corrections": Part(service="spiral", every=6, load=_corrections),
    "flow": Part(service="datahub", every=5, load=_flow),
}


async def render_part(name: str, services: Services, words: Words, asked: Asked) -> Markup:
    """Return the inside of a part, or why it cannot be shown."""
    part = PARTS[name]
    try:
        context = await part.load(services, words, asked)
    except NotAllowedError:
        return render("fragments/away.html", words, name=name, service=None)
    except DomainError:
        return render("fragments/away.html", words, name=name, service=part.service)
    return render(f"fragments/{name}.html", words, **context)


async def render_all(services: Services, words: Words, asked: Asked) -> dict[str, Markup]:
    """Return every part; one that takes too long comes as a place-holder."""

    async def one(name: str) -> Markup:
        try:
            async with asyncio.timeout(FIRST_PAINT_SECONDS):
                return await render_part(name, services, words, asked)
        except TimeoutError:
            return render("fragments/waiting.html", words, name=name)

    return dict(zip(PARTS, await asyncio.gather(*(one(name) for name in PARTS)), strict=True))
