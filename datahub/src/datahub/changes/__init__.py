"""What goes out: the numbered change feed, its events, and the records as they stand."""
