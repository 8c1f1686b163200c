"""Storage of ingest.

``feeds``        feed contracts
``shipped``      those that the package ships
``batches``      deliveries, their ledgers, rows put aside
``answers``      what an idempotency key stands for: an answer, or an upload under way
``aside``        rows put aside, and what rows look up
``records``      the one way into the canonical tables: staging, one MERGE
``filling``      how rows come to stand in a staging table
``merging``      that MERGE
``claims``       what each system says of fields that several write, and who is believed
``policies``     the order of the systems, and how far records were decided by it
``rekeyed``      keys that records had, and those that they have now
``change_sets``  what changed in one commit, under one number
``snapshots``    what is remembered of the last full snapshot of a feed
``totals``       contributions of documents to aggregated records
``inspection``   what the quality part is asked about a delivery
``guessing``     what a feed contract is guessed with
"""
