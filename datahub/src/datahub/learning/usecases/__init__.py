"""What is done with learning events, one transaction at a time.

``taking``   events are taken in
``totals``   totals that are due are written
``keeping``  months are made and dropped, documents of sources are saved
"""
