"""What was done, and by whom: on record in the transaction of the change, sealed in blocks.

``deeds``      who acts and what is done, as a request carries it with it
``rows``       the tables: entries are added, never changed; searched; sealed in blocks
``sealing``    how a block covers its entries and the block before
``verifying``  whether what is sealed is still what it was
``jobs``       the clock: seal, and let go after some years

Over HTTP they are ``/v1/audit`` of `shared.kit.audit_api`, the same at every service.

A transaction that wrote something in a request leaves an entry by itself (`Database.transaction`);
what else is to be on record, a file that is given out or a value that is shown unmasked, says so by
`Transaction.record`. Jobs and events leave none: what they do is a fact of its own, or a batch.
"""
