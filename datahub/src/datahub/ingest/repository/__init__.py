"""Storage of ingest.

``feeds``    feed contracts
``batches``  deliveries, their ledgers, rows put aside, stored answers
``aside``    rows put aside, and what rows look up
``records``  the one way into the canonical tables: COPY to staging, one MERGE
``totals``   contributions of documents to aggregated records
"""
