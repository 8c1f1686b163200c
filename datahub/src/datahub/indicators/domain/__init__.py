"""Rules of indicators. Pure: no clock, no database, no framework."""
