"""Rules of learning events: no framework, no storage."""
