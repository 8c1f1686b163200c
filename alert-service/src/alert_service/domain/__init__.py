"""The rules of alerts. Pure: no clock, no I/O, no framework.

``severity``  which colour a standing has, and what holds a decision back
``watch``     what is watched, and the line that was crossed
``tasks``     how a task is watched: its progress, at its deadline
``life``      raise, merge, hold, settle: the life of one alert
``acting``    assign, acknowledge, escalate, dismiss: what people and the clock do with it
``rules``     rules of the college: conditions over values, judgements and things
``board``     the cells of a batch of events: fold them in order, one open alert each
"""
