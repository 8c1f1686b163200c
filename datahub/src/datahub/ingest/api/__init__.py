"""REST of ingest.

``batches``       records come in, and what became of them
``singles``       one record a request
``uploads``       an upload on its way in, taken in chunk by chunk
``bodies``        its body: spooled, read by its content type, cut into chunks
``snapshots``     a full snapshot, in one transaction
``spreadsheets``  .xlsx and .xls, read in a process of their own
``feeds``         feed contracts
``guess``         a feed contract from a sample
``quarantine``    rows put aside, and their replay
``survivorship``  which system a field is believed from
"""

from datahub.ingest.api import batches, feeds, guess, quarantine, singles, survivorship

singles_router = singles.router
routers = (
    batches.router,
    guess.router,
    feeds.router,
    quarantine.router,
    survivorship.router,
)
