"""Rules of the campus login."""
