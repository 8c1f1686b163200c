"""Storage of ingest.

``feeds``    feed contracts
``batches``  deliveries, their ledgers, rows put aside
``answers``  what an idempotency key stands for: an answer, or an upload under way
``aside``    rows put aside, and what rows look up
``records``  the one way into the canonical tables: COPY to staging, one MERGE
``totals``   contributions of documents to aggregated records
"""
