"""How good the data is: rules as data, scores with their history, gates, rhythm and drift."""
