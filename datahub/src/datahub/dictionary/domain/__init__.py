"""Rules of the dictionary. Pure: no clock, no database, no framework."""
