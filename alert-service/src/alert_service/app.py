"""Wiring of the alert service: the only module that knows every other one."""

from functools import partial

from fastapi import FastAPI

from alert_service.api import ROUTERS, persons
from alert_service.jobs import make_jobs
from alert_service.queries.tracing import follow
from alert_service.repository.rules import Books
from alert_service.settings import Settings
from alert_service.subscriptions import make_subscriptions
from alert_service.usecases.ruling import Judge
from shared.kit.app import ServiceSpec, create_service


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; ``settings`` come from the environment unless given."""
    settings = settings or Settings()
    judge = Judge(Books(), settings.clocks())
    spec = ServiceSpec(
        name="alert",
        title="预警 · Alerts",
        routers=ROUTERS,
        subscriptions=[
            *make_subscriptions(judge, settings.portal_url),
            persons.SUBSCRIPTION,
        ],
        follow=follow,
        jobs=partial(
            make_jobs,
            judge=judge,
            receivers=settings.receivers(),
            seals=settings.seals(),
            portal=settings.portal_url,
        ),
    )
    return create_service(spec, settings)
