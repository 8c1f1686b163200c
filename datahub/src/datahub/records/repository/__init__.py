"""Storage of records beyond reading them.

``moving``      records get other keys
``explaining``  where the values of a record come from
``revisions``   how far an entity's records have come, known without asking
"""
