"""What ingest does, one transaction at a time.

``feeds``         a feed contract is saved
``deliveries``    a chunk, a document, a list of records takes effect
``effects``       staged rows are merged or deleted, and logged
``following``     rows under a key that a record had are taken under the present one
``survivorship``  an order of systems is saved, and records are decided by it anew
``snapshots``     a delivery that holds every record: what stands as before is skipped, what is
                  absent is deleted
``singles``       records that come one a request, together with those of the same moment
``pushed``        a snapshot that comes in parts, message by message
``replays``       rows that were put aside are driven through again
``own``           what the hub knows about itself becomes records
"""
