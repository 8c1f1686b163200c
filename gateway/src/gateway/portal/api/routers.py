"""All routers of the portal, in the order in which paths are looked for."""

from typing import Final

from fastapi import APIRouter

from gateway.portal.api.account import router as account_router
from gateway.portal.api.alerting import router as alerting_router
from gateway.portal.api.calendars import router as calendars_router
from gateway.portal.api.corrections import router as corrections_router
from gateway.portal.api.culture import router as culture_router
from gateway.portal.api.cycles import router as cycles_router
from gateway.portal.api.data import router as data_router
from gateway.portal.api.developers import router as developers_router
from gateway.portal.api.goals import router as goals_router
from gateway.portal.api.guide import router as guide_router
from gateway.portal.api.handing import router as handing_router
from gateway.portal.api.mine import router as mine_router
from gateway.portal.api.pages import router as pages_router
from gateway.portal.api.plan_import import router as plan_import_router
from gateway.portal.api.platform import router as platform_router
from gateway.portal.api.profiles import router as profiles_router
from gateway.portal.api.registers import router as registers_router
from gateway.portal.api.report_batches import router as report_batches_router
from gateway.portal.api.report_packages import router as report_packages_router
from gateway.portal.api.reports import router as reports_router
from gateway.portal.api.reviews import router as reviews_router
from gateway.portal.api.ruling import router as ruling_router
from gateway.portal.api.saying import router as saying_router
from gateway.portal.api.searching import router as searching_router
from gateway.portal.api.sheets import router as sheets_router
from gateway.portal.api.stream import pages as changes_router
from gateway.portal.api.stream import router as stream_router
from gateway.portal.api.telling import router as telling_router
from gateway.portal.api.tracing import router as tracing_router
from gateway.portal.api.verifying import router as verifying_router
from gateway.portal.api.voices import router as voices_router

PORTAL: Final[tuple[APIRouter, ...]] = (
    stream_router,
    account_router,
    calendars_router,
    pages_router,
    alerting_router,
    ruling_router,
    saying_router,
    culture_router,
    handing_router,
    cycles_router,
    corrections_router,
    goals_router,
    sheets_router,
    searching_router,
    plan_import_router,
    registers_router,
    profiles_router,
    telling_router,
    guide_router,
    mine_router,
    tracing_router,
    developers_router,
    reports_router,
    report_batches_router,
    report_packages_router,
    reviews_router,
    voices_router,
    data_router,
    platform_router,
    changes_router,
    verifying_router,
)
