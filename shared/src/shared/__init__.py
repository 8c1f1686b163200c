"""What every service of the suite shares: the event contracts and the plumbing.

``shared.contracts``  the words services say to each other: events, envelope, vocabulary, streams.
``shared.errors``     the base of every domain error.
``shared.kit``        plumbing that knows no domain word: database, outbox, inbox, bus, HTTP edges.

Nothing here may decide anything about goals, cycles or alerts: a rule lives in the
``domain/`` of the service that owns it.
"""
