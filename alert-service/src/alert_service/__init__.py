"""Alert service: warns when a value breaks its lines, and says when it is over (预警、销号).

Who is who
----------
A **watch** is this service's copy of a binding: whose value, which lines, who answers for it.
A **standing** is the newest judgement of a binding, as the target service made it. A **cell**
is an indicator of a scope in a period; its rule (``threshold/<indicator>``) has at most one
open **alert** there. This service judges nothing itself: it reads states and flags, gives
them a **colour** (蓝黄橙红) and keeps the life of the alert.

How a change travels
--------------------
``subscriptions`` opens the transaction and calls one function of ``usecases``; that loads the
cells concerned through ``repository`` onto a board, lets ``domain`` decide event by event,
stores what changed and publishes a fact for each step in the same transaction. A later
judgement of the same cell merges into the open alert, holds it (thin or stale data, no data)
or settles it; once its correction is worked on, a value that is back holds it until that is
verified. Reads go from ``api`` straight to ``queries``.
"""
