"""REST API of the report service: open the transaction, call one function, answer."""

from report_service.api.batches import router as batches
from report_service.api.persons import router as persons_router
from report_service.api.profiles import router as profiles
from report_service.api.reports import router as reports
from report_service.api.reviews import router as reviews
from report_service.api.schedules import router as schedules
from report_service.api.templates import router as templates
from report_service.api.work import router as work

ROUTERS = (work, reports, batches, schedules, templates, profiles, reviews, persons_router)
"""The work before the files: `/reports/{report}/{kind}` would take its paths."""
