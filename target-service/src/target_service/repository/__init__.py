"""Load and save: the only writer of the tables.

``chain``     goals, standards, bindings
``goals``     goals along the tree
``measured``  measured values, and how bindings stand on them
``names``     scopes and indicators, as the hub tells of them
"""
