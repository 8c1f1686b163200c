"""What a record is: entities, fields and code sets, read from data files."""
