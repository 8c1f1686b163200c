"""Storage of indicators.

``defined``    definitions published, parked, retired
``following``  definitions in force, and how far the measurer has followed the change feed
``counting``   legs counted by SQL, and the keys that changes touch
``shipped``    the catalogue of the package
``cells``      measured values and their history
"""
