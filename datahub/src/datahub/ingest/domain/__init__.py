"""Rules of ingest. Pure: no clock, no database, no framework."""
