"""Rules of source systems: pure."""
