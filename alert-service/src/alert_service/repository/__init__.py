"""Load and save: the only writer of the tables.

``boards``   bindings, judgements, alerts, and what is known of scopes and indicators
``earlier``  alerts that are handed over to the hub again
"""
