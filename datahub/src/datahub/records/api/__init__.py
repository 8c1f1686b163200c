"""REST of what goes out as records."""

from datahub.records.api.exports import router as exports_router
from datahub.records.api.reading import router as reading_router

routers = [reading_router, exports_router]
