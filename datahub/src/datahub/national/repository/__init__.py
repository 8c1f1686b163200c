"""Where national tables come from.

``shipped``    the mappings of the package, held against the dictionary
``own``        what the hub knows about itself, as relations: feeds, systems, what they deliver
``statement``  the one statement that a mapping becomes
"""
