"""Plumbing. Domain words are not allowed below this line.

``app``        builds a service: HTTP edges, background tasks, health, metrics
``settings``   what every service reads from its environment
``database``   one request, one batch of messages, one job: one visible transaction
``outbox``     events leave if, and only if, their transaction commits
``inbox``      an event takes effect once
``bus``        JetStream: pipelined publisher, pull workers, dead letters
``problems``   RFC 9457 for every refusal
``strict_request`` ``strict_json``  what nobody would read is refused, by name
``idempotency``  a request with a key is answered once
``paging`` ``etags`` ``identity`` ``logs`` ``clock`` ``telemetry`` ``migrations``
"""
