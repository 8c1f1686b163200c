"""What the indicators can do.

``defining``   a definition is published
``publishing`` definitions of the catalogue are published
``retiring``   a definition is measured no more, or again
``releasing``  what is shipped no more is retired, what is shipped otherwise is told
``rounds``     the changes are followed, what is new is kept and published
``measuring``  the cells of a round are counted and reckoned
``auditing``   once a night everything is counted anew, and held against what was kept
"""
