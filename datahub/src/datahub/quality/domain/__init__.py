"""Rules about data quality. Pure: no clock, no database, no framework."""
