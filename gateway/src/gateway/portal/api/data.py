"""S12, the data centre: freshness, quarantine with mending, dictionary, lineage; and S11."""

from functools import partial
from typing import Any, Final, Literal

from fastapi import APIRouter, Request, Response

from gateway.access.api import SignedIn
from gateway.access.schemas import Visitor
from gateway.portal.api.screens import (
    NO_TROUBLE,
    Given,
    MaybeVisitor,
    Trouble,
    act,
    page_number,
    show,
    told_done,
)
from gateway.portal.domain import mending
from gateway.portal.domain.words import Words
from gateway.portal.queries import data as queries
from gateway.portal.queries.services import Services, names
from shared.errors import DomainError
from shared.kit.clock import now

router = APIRouter(include_in_schema=False)

QUARANTINE: Final = "/quarantine"
STALE_DAYS: Final = 2
"""A feed that is older than that is marked; how old it may be depends on its system."""


WRITE: Final = "datahub:write"

IMPORT_WORDS: Final = {
    "reading": "import-reading",
    "trying": "import-trying",
    "taking": "import-taking",
    "covered": "import-covered",
    "missing": "import-missing",
    "field": "import-field",
    "leave": "import-leave",
    "tried": "import-tried",
    "faultless": "import-no-faults",
    "take": "import-take",
    "undone": "import-undone",
    "away": "handed-away",
    "kind": "sheet-kind",
}
"""What the wizard says by itself."""


@router.get("/data")
async def data_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer how fresh and how good what comes in is."""

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        told = {**await queries.centre(services), "entities": await services.entities.get()}
        return {**told, "today": now(), "stale_days": STALE_DAYS}

    return await show(request, visitor, "data.html", load)


@router.get(QUARANTINE)
async def quarantine_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer what was put aside, by its cause."""
    return await _quarantine(request, visitor, NO_TROUBLE)


@router.get(QUARANTINE + "/{entry:int}")
async def aside_page(request: Request, visitor: MaybeVisitor, entry: int) -> Response:
    """Answer one row that was put aside, with the form that mends it."""
    return await _aside(request, visitor, entry, NO_TROUBLE)


@router.post("/portal/quarantine/replay")
async def replay(request: Request, visitor: SignedIn) -> Response:
    """Drive the rows of a cause through their feed again."""

    async def work(services: Services, given: Given) -> str:
        body = {name: given[name] for name in ("feed", "code") if name in given}
        answer = (await services.act("datahub", "quarantine/replay", body)).json()
        done = "replayed" if answer["released"] else "not-released"
        return told_done(QUARANTINE, done)

    return await act(request, visitor, work, partial(_quarantine, request, visitor), "replay")


@router.post("/portal/quarantine/{entry:int}/{what}")
async def mend(
    request: Request, visitor: SignedIn, entry: int, what: Literal["record", "replay", "discard"]
) -> Response:
    """Mend a row and drive it through its feed again, or give it up."""

    async def work(services: Services, given: Given) -> str:
        if what == "discard":
            body = {"ids": [entry], "reason": given.get("reason", "")}
            await services.act("datahub", "quarantine/discard", body)
            return told_done(QUARANTINE, "discarded")
        if what == "record":
            row, version = await queries.get_aside(services, entry)
            record = mending.mended(row.raw, given)
            said = {"record": record, "reason": given.get("reason", "")}
            path = f"quarantine/{entry}/record"
            await services.act("datahub", path, said, expect=version, method="PUT")
        answer = (await services.act("datahub", "quarantine/replay", {"ids": [entry]})).json()
        if answer["released"]:
            return told_done(QUARANTINE, "released")
        return told_done(f"{QUARANTINE}/{entry}", "not-released")

    return await act(request, visitor, work, partial(_aside, request, visitor, entry), what)


@router.get("/dictionary")
async def dictionary_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer what the dictionary knows under some words, else its entities."""
    words = request.query_params.get("q", "").strip()[:100]

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        found = await queries.search(services, words) if words else []
        every = [] if words else await queries.entities(services)
        return {"q": words, "hits": found, "every": every, "one": None}

    return await show(request, visitor, "dictionary.html", load)


@router.get("/dictionary/{entity}")
async def entity_page(request: Request, visitor: MaybeVisitor, entity: str) -> Response:
    """Answer an entity with its fields."""

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        return {"q": "", "hits": [], "every": [], "one": await queries.entity(services, entity)}

    return await show(request, visitor, "dictionary.html", load)


@router.get("/lineage")
async def lineage_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer where a number comes from: its words, what it counted, the batches behind it."""
    asked = request.query_params
    parts = [asked.get(name, "").strip() for name in ("indicator", "scope", "period")]
    cell = asked.get("cell", "") or ("|".join(parts) if all(parts) else "")

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        told: Any = None
        error: DomainError | None = None
        if cell:
            try:
                told = await queries.explain(services, cell)
            except DomainError as problem:
                error = problem
        known = await names(services, [told.measurement.scope] if told else [])
        units = await services.units.get()
        entities = await services.entities.get()
        return {
            "told": told,
            "cell": cell,
            "error": error,
            "units": units,
            "names": known,
            "entities": entities,
        }

    return await show(request, visitor, "lineage.html", load)


@router.get("/import")
async def import_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the wizard that brings a file in."""

    async def load(services: Services, words: Words) -> dict[str, Any]:
        services.caller.needs(WRITE)
        return {
            "systems": await queries.systems(services),
            "every": await queries.entities(services),
            "feeds": await queries.feeds(services),
            "import_words": {name: words.plain(key) for name, key in IMPORT_WORDS.items()},
        }

    return await show(request, visitor, "import.html", load)


async def _quarantine(request: Request, visitor: Visitor | None, trouble: Trouble) -> Response:
    asked = request.query_params
    wanted = {name: asked.get(name) or None for name in ("feed", "code", "verdict")}
    number = page_number(request)

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        causes = await queries.causes(services)
        listed = await queries.quarantine(services, number, **wanted)
        told = {"causes": causes, "listed": listed, "wanted": wanted, "number": number}
        return {**told, "entities": await services.entities.get()}

    return await show(request, visitor, "quarantine.html", load, trouble)


async def _aside(
    request: Request, visitor: Visitor | None, entry: int, trouble: Trouble
) -> Response:
    async def load(services: Services, _words: Words) -> dict[str, Any]:
        row, _version = await queries.get_aside(services, entry)
        entities = await services.entities.get()
        return {"row": row, "columns": mending.shown(row.raw), "entities": entities}

    return await show(request, visitor, "aside.html", load, trouble)
