"""The school calendar (校历): working time, teaching weeks, what a period means in dates.

``arithmetic``  pure; what everybody calculates with
``table``       a service's own copy, kept from ``calendar.changed``
``migration``   creates that table
"""

from shared.calendar.arithmetic import CAMPUS, Calendar, weeks_of

__all__ = ["CAMPUS", "Calendar", "weeks_of"]
