"""Storage of personal data.

``purposes``  the registers that the hub is shipped with; values that are shown whole
``erasing``   records of a person: told, deleted, blanked, with every trace of what they held
"""
