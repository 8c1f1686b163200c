"""REST of records: reading, exporting and explaining them, and giving them another key."""

from datahub.records.api.explaining import router as explaining_router
from datahub.records.api.exports import router as exports_router
from datahub.records.api.reading import router as reading_router
from datahub.records.api.rekeying import router as rekeying_router

routers = [rekeying_router, explaining_router, reading_router, exports_router]
