"""What was done, by whom: appended in the transaction of the deed, sealed in blocks by hash."""
