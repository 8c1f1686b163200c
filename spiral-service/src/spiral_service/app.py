"""Wiring of the spiral service: the only module that knows every other one."""

from fastapi import FastAPI

from shared.calendar.table import calendar_subscription
from shared.kit.app import ServiceSpec, create_service
from spiral_service.api import correction_router, cycle_router, proposal_router, work_router
from spiral_service.jobs import make_jobs
from spiral_service.settings import Settings
from spiral_service.subscriptions import SUBSCRIPTIONS


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; ``settings`` come from the environment unless given."""
    spec = ServiceSpec(
        name="spiral",
        title="Helix8 诊改螺旋 Spiral",
        routers=[cycle_router, proposal_router, correction_router, work_router],
        subscriptions=[*SUBSCRIPTIONS, calendar_subscription("spiral")],
        jobs=make_jobs,
    )
    return create_service(spec, settings or Settings())
