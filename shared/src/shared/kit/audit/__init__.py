"""What was done, and by whom: on record in the transaction of the change, sealed in blocks.

``deeds``      who acts and what is done, as a request carries it with it
``rows``       the tables: entries are added, never changed; searched; sealed in blocks
``sealing``    how a block covers its entries and the block before
``verifying``  whether what is sealed is still what it was
``jobs``       the clock: seal, and let go after some years

Over HTTP they are ``/v1/audit`` of `shared.kit.audit_api`, the same at every service.

A transaction that wrote something in a request leaves an entry by itself (`Database.transaction`);
what else is to be on record, a file that is given out or a value that is shown unmasked, says so by
`Transaction.record`. One of a job or a consumer leaves one where it decides something, which others
are told one by one (`Transaction.publish`): as ``system/<service>``, or as the source system whose
messages they are. What is computed in bulk, and copies of what others decided, leave none.
"""
