"""Spiral service: the figure-eight quality improvement spiral (“8”字质量改进螺旋).

Who is who
----------
A **definition** says which steps the two loops have and what must exist before a step may be
left; it is versioned data (``definitions/``). A **cycle** (诊改周期) runs one definition for
one scope and period and stays on the version it was opened with. A **correction** (纠偏) is
the answer to one alert inside the **routine loop** (常态纠偏) of the cycle of its scope; it
waits without a cycle where none is open, and is attached when one opens. People work on it: its
owner plans and hands in **evidence**, another person **verifies** the value measured again.

How a change travels
--------------------
``api`` and ``subscriptions`` open the transaction (the kit does it for a batch of events) and
call one function of ``usecases``; it locks the scopes it is about, loads through
``repository``, asks ``domain``, stores, and publishes in the same transaction. Reads go from
``api`` straight to ``queries``.
"""
