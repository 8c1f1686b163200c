"""What a reader may ask of an entity's records. Pure: no clock, no database, no framework."""
