"""Rules of pulls. Pure: no clock, no database, no framework."""
