"""The rules of goals and standards. Pure: no clock, no I/O, no framework.

``limits``      a value with its operator: what holds, how far away, in which direction
``lines``       target, tiers and warning of a binding, and what they inherit
``units``       which values an indicator can have
``contradictions``  lines that cannot be meant
``weights``     how a goal is divided among its children, and what each counts
``tree``        the place of a goal in the tree
``attainment``  how much of a target is reached, how large the gap to the standard is
``scoring``     the nine rules that make a score of a value or a tally
``rollup``      what its parts make of a goal
``deadlines``   when a target is late and a value stale
``judge``       the state of a binding on one measured value
"""
