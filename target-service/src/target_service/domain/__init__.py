"""The rules of goals and standards. Pure: no clock, no I/O, no framework.

``limits``      a value with its operator: what holds, how far away, in which direction
``lines``       target, tiers and warning of a binding, and what they inherit
``units``       which values an indicator can have
``contradictions``  lines that cannot be meant
``weights``     how a goal is divided among its children, and what each counts
``tree``        the place of a goal in the tree
``smart``       the five letters of a goal
``decomposition``  the parts of a goal, and what is left of the whole
``distribution``  how a goal is handed on
``plans``       kinds of plans, and how they are approved
``periods``     the days of a period
``attainment``  how much of a target is reached, how large the gap to the standard is
``scoring``     the nine rules that make a score of a value or a tally
``rollup``      what its parts make of a goal
``deadlines``   when a target is late and a value stale
``standards``   kinds of standards, what each must have, who approves them
``criteria``    criteria of a standard: lines by class of object, weights
``comparison``  two versions of a standard, criterion by criterion
``next_tier``   what a value lacks for the next tier
``training_plan`` ``support``  the lint of a training plan, its course-outcome matrix
``basis`` ``bodies`` ``risks`` ``processes`` ``readiness``  the registers
``judge``       the state of a binding on one measured value
``assessing``   schemes and runs of assessment, from what was found to results
``accounting``  accountability cases, internal controls
"""
