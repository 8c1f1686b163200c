"""The rules of goals and standards. Pure: no clock, no I/O, no framework.

``limits``      a value with its operator: what holds, how far away, in which direction
``lines``       target, tiers and warning of a binding, and what they inherit
``units``       which values an indicator can have
``contradictions``  lines that cannot be meant
``weights``     how a goal is divided among its children, and what each counts
``tree``        the place of a goal in the tree
``attainment``  how much of a target is reached, how large the gap to the standard is
``deadlines``   when a target is late and a value stale
``judge``       the state of a binding on one measured value
``assessing``   schemes and runs of assessment, from what was found to results
``accounting``  accountability cases, internal controls
"""
