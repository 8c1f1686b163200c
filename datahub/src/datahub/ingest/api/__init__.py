"""REST of ingest.

``batches``     records come in, and what became of them
``uploads``     an upload on its way in: spooled, cut, taken in chunk by chunk
``feeds``       feed contracts
``quarantine``  rows put aside, and their replay
"""

from datahub.ingest.api import batches, feeds, quarantine

routers = (batches.router, feeds.router, quarantine.router)
