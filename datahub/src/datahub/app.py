"""Wiring of the data hub: the only module that knows every other one."""

from fastapi import FastAPI

from datahub.changes.api import router as changes_router
from datahub.changes.jobs import Numberer
from datahub.dictionary.api import router as dictionary_router
from datahub.dictionary.repository import load_dictionary
from datahub.indicators.api import router as indicators_router
from datahub.indicators.jobs import Measurer
from datahub.ingest.api import routers as ingest_routers
from datahub.ingest.jobs import release_parked
from datahub.ingest.subscriptions import subscriptions
from datahub.records.api import routers as records_routers
from datahub.settings import Settings
from shared.kit.app import Parts, ServiceSpec, create_service
from shared.kit.loops import Job


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; ``settings`` come from the environment unless given."""
    settings = settings or Settings()
    dictionary = load_dictionary()

    def jobs(parts: Parts) -> dict[str, Job]:
        async def release() -> None:
            await release_parked(parts.database, dictionary)

        return {
            "numberer": Numberer(parts.database, dictionary).run,
            "measurer": Measurer(parts.database, dictionary).run,
            "release-parked": release,
        }

    spec = ServiceSpec(
        name="datahub",
        title="Helix8 数据中心 · Data hub",
        routers=[
            *ingest_routers,
            changes_router,
            *records_routers,
            indicators_router,
            dictionary_router,
        ],
        subscriptions=subscriptions(dictionary),
        jobs=jobs,
        keep_facts=False,
    )
    app = create_service(spec, settings)
    app.state.dictionary = dictionary
    return app
