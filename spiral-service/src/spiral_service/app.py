"""Wiring of the spiral service: the only module that knows every other one."""

from fastapi import FastAPI

from shared.kit.app import ServiceSpec, create_service
from spiral_service.api import ROUTERS, persons
from spiral_service.jobs import make_jobs
from spiral_service.queries.tracing import follow
from spiral_service.settings import Settings
from spiral_service.subscriptions import SUBSCRIPTIONS


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; ``settings`` come from the environment unless given."""
    spec = ServiceSpec(
        name="spiral",
        title="Helix8 诊改螺旋 Spiral",
        routers=ROUTERS,
        subscriptions=[*SUBSCRIPTIONS, persons.SUBSCRIPTION],
        jobs=make_jobs,
        follow=follow,
    )
    return create_service(spec, settings or Settings())
