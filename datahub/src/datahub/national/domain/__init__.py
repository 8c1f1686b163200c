"""Rules of the outbound mapping; pure."""
