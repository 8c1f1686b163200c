"""Wiring of the data hub: the only module that knows every other one."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from fastapi import FastAPI

from datahub.changes.api import router as changes_router
from datahub.changes.jobs import Numberer
from datahub.dictionary.api import routers as dictionary_routers
from datahub.dictionary.repository import Dictionaries
from datahub.indicators.api import routers as indicators_routers
from datahub.indicators.domain.limits import Limits
from datahub.indicators.jobs import Measurer, ask_for_values
from datahub.indicators.queries import tracing
from datahub.indicators.repository.following import list_bound_indicators
from datahub.ingest.api import routers as ingest_routers
from datahub.ingest.api import singles_router
from datahub.ingest.jobs import (
    drop_old_entries,
    follow_policies,
    release_parked,
    tell_waiting,
)
from datahub.ingest.repository.feeds import list_bound_feeds
from datahub.ingest.subscriptions import subscription
from datahub.learning.api import router as learning_router
from datahub.learning.jobs import keep_months, write_totals
from datahub.learning.usecases.taking import Taker
from datahub.national.api import router as national_router
from datahub.national.jobs import Calls, CountCalls
from datahub.national.queries import Counts
from datahub.national.repository.shipped import load_mappings
from datahub.persons.api import router as persons_router
from datahub.persons.repository.purposes import load_purposes
from datahub.persons.usecases import collect_person, erase_person
from datahub.pulls.api import router as pulls_router
from datahub.pulls.domain.pull import Secret
from datahub.pulls.domain.pull_document import Reach
from datahub.pulls.jobs import Runner
from datahub.quality.api import router as quality_router
from datahub.quality.jobs import Evaluator, watch_feeds
from datahub.quality.usecases.inspecting import QualityInspector
from datahub.records.api import routers as records_routers
from datahub.records.api.unchanged import tag_now
from datahub.records.repository.revisions import Revisions
from datahub.settings import Settings
from datahub.systems.api import router as systems_router
from datahub.systems.jobs import Accounts, Followers
from datahub.systems.usecases import Pushers
from shared.addresses import parse_receivers
from shared.contracts.datahub import CalendarChanged, IndicatorPublished, ScopeChanged
from shared.contracts.persons import ErasedTable, HubPersonErased
from shared.contracts.steps import HubStepClosed, HubStepOpened
from shared.contracts.streams import SOURCE_SYSTEMS
from shared.kit.app import Parts, ServiceSpec, create_service
from shared.kit.database import Transaction
from shared.kit.loops import Job
from shared.kit.trace import TraceStep
from shared.persons.edge import erasure_subscription, person_router
from shared.persons.register import Person
from shared.workbooks.reading import REFUSALS

# A request is held against one router after the other: what is asked most comes first.
ROUTERS: Final = (
    singles_router,
    *records_routers,
    *ingest_routers,
    *dictionary_routers,
    changes_router,
    *indicators_routers,
    quality_router,
    pulls_router,
    national_router,
    systems_router,
    learning_router,
    persons_router,
)

KEPT_FACTS: Final = frozenset(
    event.type
    for event in (ScopeChanged, CalendarChanged, IndicatorPublished, HubStepOpened, HubStepClosed)
)
"""Measurements and changes are read again from the hub's history: of them no copy is kept."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; ``settings`` come from the environment unless given."""
    settings = settings or Settings()
    _load_shipped()
    dictionaries = Dictionaries(bound=(list_bound_feeds, list_bound_indicators))
    inspector, taker = QualityInspector(dictionaries), Taker(settings.learning_months)
    intake, calls = (dictionaries, inspector, taker), Calls()
    limits = Limits(seconds=settings.measure_seconds, cost=settings.measure_cost)
    follow = partial(subscription, dictionaries=dictionaries, inspector=inspector, raw=taker)

    def jobs(parts: Parts) -> dict[str, Job]:
        return {
            **_accounts(settings, parts, dictionaries),
            **_learning(settings, parts, dictionaries),
            **_quarantine(settings, parts, intake),
            **_indicators(settings, parts, dictionaries, limits),
            "systems": Followers(parts, follow).run,
            "interface-calls": partial(calls.keep, parts.database),
            "numberer": Numberer(parts.database, dictionaries).run,
            "quality-evaluator": Evaluator(parts.database, dictionaries).run,
            "pulls": Runner(parts.database, dictionaries, inspector, app.state.reach).run,
        }

    spec = ServiceSpec(
        name="datahub",
        title="Helix8 数据中心 · Data hub",
        routers=[*ROUTERS, person_router(partial(_gather, dictionaries))],
        subscriptions=[
            *map(follow, SOURCE_SYSTEMS),
            erasure_subscription("datahub", HubPersonErased, partial(_wipe, dictionaries)),
        ],
        jobs=jobs,
        keep_facts=KEPT_FACTS,
        refusals=REFUSALS,
        tag_of=tag_now,
        follow=partial(_trace, dictionaries),
    )
    app = _watching(create_service(spec, settings), calls)
    app.state.dictionaries, app.state.inspector, app.state.limits = dictionaries, inspector, limits
    app.state.taker, app.state.reach = taker, _reach(settings)
    return app


def _watching(app: FastAPI, calls: Calls) -> FastAPI:
    """Return the application with what each process comes to know by itself: nothing yet."""
    app.add_middleware(CountCalls, calls=calls)
    app.state.pushers, app.state.singles = Pushers(), {}
    app.state.national_counts, app.state.revisions = Counts(), Revisions()
    return app


def _load_shipped() -> None:
    """Read what is shipped: what contradicts the dictionary is told at the start."""
    load_mappings()
    load_purposes()


async def _trace(
    dictionaries: Dictionaries, tx: Transaction, refs: Sequence[str]
) -> list[TraceStep]:
    return await tracing.follow(tx, refs, await dictionaries.current(tx))


async def _gather(
    dictionaries: Dictionaries, tx: Transaction, person: Person
) -> dict[str, list[dict[str, Any]]]:
    return await collect_person(tx, person, await dictionaries.current(tx))


async def _wipe(dictionaries: Dictionaries, tx: Transaction, person: Person) -> list[ErasedTable]:
    return await erase_person(tx, person, await dictionaries.current(tx))


def _accounts(settings: Settings, parts: Parts, dictionaries: Dictionaries) -> dict[str, Job]:
    """Return what keeps the accounts file; nothing where no file is named."""
    file = settings.accounts
    return {} if file is None else {"accounts": Accounts(parts.database, dictionaries, file).run}


def _learning(settings: Settings, parts: Parts, dictionaries: Dictionaries) -> dict[str, Job]:
    """Return what counts learning events, and drops them when their time is over."""
    database, seconds = parts.database, settings.learning_totals_seconds
    return {
        "learning-totals": partial(write_totals, database, dictionaries, seconds),
        "learning-months": partial(keep_months, database, settings.learning_months),
    }


def _quarantine(
    settings: Settings, parts: Parts, intake: tuple[Dictionaries, QualityInspector, Taker]
) -> dict[str, Job]:
    """Return what tells of rows that wait, releases and drops them, and looks after feeds."""
    database, (dictionaries, *_) = parts.database, intake
    return {
        "release-parked": partial(release_parked, database, *intake),
        "quarantine-steps": partial(tell_waiting, database),
        "quarantine-tidy": partial(drop_old_entries, database, settings.quarantine_days),
        "survivorship": partial(follow_policies, database, dictionaries),
        "feed-watch": partial(watch_feeds, database, dictionaries),
    }


def _indicators(
    settings: Settings, parts: Parts, dictionaries: Dictionaries, limits: Limits
) -> dict[str, Job]:
    """Return what measures, and asks for values that people hand in."""
    database, seconds = parts.database, settings.value_totals_seconds
    return {
        "measurer": Measurer(database, dictionaries, limits, totals_seconds=seconds).run,
        "handed-in-steps": partial(ask_for_values, database, dictionaries),
    }


def _reach(settings: Settings) -> Reach:
    """Return what pulls may reach."""

    def secret(named: Secret) -> str | None:
        return settings.secret(env=named.env, file=named.file)

    return Reach(
        roots=settings.roots(), receivers=parse_receivers(settings.pull_hosts), secret=secret
    )
