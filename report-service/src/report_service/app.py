"""Wiring of the report service: the only module that knows every other one."""

from fastapi import FastAPI

from report_service.api import ROUTERS, persons
from report_service.jobs import make_jobs
from report_service.queries.tracing import follow
from report_service.settings import Settings
from report_service.subscriptions import SUBSCRIPTIONS
from shared.calendar.table import calendar_subscription
from shared.kit.app import ServiceSpec, create_service


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; ``settings`` come from the environment unless given."""
    spec = ServiceSpec(
        name="report",
        title="Helix8 诊改报告 Reports",
        routers=ROUTERS,
        subscriptions=[*SUBSCRIPTIONS, calendar_subscription("report"), persons.SUBSCRIPTION],
        jobs=make_jobs,
        follow=follow,
    )
    return create_service(spec, settings or Settings())
