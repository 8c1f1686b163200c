"""Storage of records beyond reading them.

``moving``      records get other keys
``explaining``  where the values of a record come from
"""
