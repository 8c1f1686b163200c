"""The rules of alerts. Pure: no clock, no I/O, no framework.

``severity``  which colour a standing has, and what holds a decision back
``words``     the line that was crossed, as people read it
``tasks``     how a task is watched: its progress, at its deadline
``life``      raise, merge, hold, settle, acknowledge: the life of one alert
``board``     the cells of a batch of events: fold them in order, one open alert each
"""
