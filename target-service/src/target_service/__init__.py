"""Target service: goals, standards, and how measured values stand against them (两链).

Who is who
----------
A **goal** (目标) says what a scope wants to reach by when. A **standard** (标准) is a
versioned document with tiers: floor, qualified, good, benchmark (底线、合格、良好、标杆).
A **binding** ties an indicator to a scope and a period, with three kinds of lines, each with
its own operator: the *target* and the *tiers* say what shall hold, the *warning* says when
to warn. Lines that a binding does not give itself come from its goal and its standard.
An **attainment** (达成) is the judgement of one binding on the newest measured value.

How a change travels
--------------------
``api`` (or ``subscriptions``, or ``jobs``) opens the transaction and calls one function of
``usecases``; that loads through ``repository``, asks ``domain`` for the decision, stores the
result and publishes the event in the same transaction. Reads go from ``api`` straight to
``queries``. A measured value arrives as ``indicator.measured``, is kept if it is newer, and
every binding of its cell is judged; a binding that changes later is judged from the kept value.
"""
