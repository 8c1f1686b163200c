"""What identity can do, one module a family."""
