"""Learning events (学习行为事件): kept raw for a term, by month; their daily totals for ever.

Who is who
    ``domain``      what an event is, xAPI or Caliper; how a source names students, classes, verbs
    ``repository``  the events by month, the totals that are due, the documents of sources
    ``usecases``    events are taken in, totals are written, months are dropped
    ``jobs``        writes the totals that are due; makes and drops months
    ``api``         REST

An event is stored, its total noted as due, and its batch counted in one transaction. A job reads
the due days from the raw events and writes them as records of ``learning_daily`` by the feed
``hub.learning_daily``, as any delivery. A month of events is dropped when it is old, and no total
of it is due.
"""
