"""REST API of the report service: open the transaction, call one function, answer."""

from report_service.api.reports import router as reports
from report_service.api.templates import router as templates
from report_service.api.work import router as work

ROUTERS = (reports, work, templates)
