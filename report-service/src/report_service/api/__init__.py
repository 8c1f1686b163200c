"""REST API of the report service: open the transaction, call one function, answer."""

from report_service.api.reports import router as reports
from report_service.api.templates import router as templates
from report_service.api.work import router as work

ROUTERS = (work, reports, templates)
"""The work before the files: `/reports/{report}/{kind}` would take its paths."""
