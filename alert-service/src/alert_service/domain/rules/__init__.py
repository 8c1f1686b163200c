"""Rules of the college as data: what they say, how they are judged, checked and tried on history.

``model``      what a rule says, and the signals that it reads
``reading``    which signals a condition reads, how far it looks
``sights``     what is known of a cell
``selecting``  which scopes a rule is about
``judging``    a condition compiled to one function: it holds, does not, or cannot be told
``measures``   change, trend and deviation of numbers
``memory``     what is remembered of a cell: how often in a row, and what came late
``book``       the rules in force by the signal they read
``rounds``     a batch of signals against the book: what becomes of which alert
``outcomes``   what that does to alerts: raise, merge, hold, settle; cool down
``turns``      the period in which a value is missed
``linting``    what contradicts itself in a rule
``trying``     a rule on history: what it would have raised
``words``      a rule as people read it
"""
