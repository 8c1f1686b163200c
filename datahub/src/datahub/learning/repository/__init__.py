"""Storage of learning events.

``events``   the events, by month
``months``   which months are there, and since when events are kept
``due``      totals that are to be written, and what they come to
``sources``  how sources name things, saved and shipped
"""
