"""What the indicators can do.

``defining``   a definition is published
``publishing`` definitions of the catalogue are published
``rounds``     the changes are followed, what is new is kept and published
``measuring``  the cells of a round are counted and reckoned
``auditing``   once a night everything is counted anew, and held against what was kept
"""
