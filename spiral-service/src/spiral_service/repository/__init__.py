"""Load and save, one module a subject: the only writer of this service's tables."""
