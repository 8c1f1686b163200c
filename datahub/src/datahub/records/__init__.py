"""What goes out of the hub as records: pages, one record, its history, whole entities as files."""
