"""Rules of access."""
