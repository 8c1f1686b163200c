"""Wiring of the target service: the only module that knows every other one."""

from fastapi import FastAPI

from shared.kit.app import ServiceSpec, create_service
from shared.workbooks.reading import REFUSALS
from target_service.api import ROUTERS, persons
from target_service.jobs import make_jobs
from target_service.queries.tracing import follow
from target_service.settings import Settings
from target_service.subscriptions import make_subscriptions


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; ``settings`` come from the environment unless given."""
    settings = settings or Settings()
    rules = settings.rules()
    spec = ServiceSpec(
        name="target",
        title="目标与标准 · Goals and standards",
        routers=ROUTERS,
        subscriptions=[*make_subscriptions(rules), persons.SUBSCRIPTION],
        jobs=lambda parts: make_jobs(parts, rules),
        refusals=REFUSALS,
        follow=follow,
    )
    app = create_service(spec, settings)
    app.state.rules = rules
    app.state.papers_and_titles = settings.papers_and_titles
    return app
