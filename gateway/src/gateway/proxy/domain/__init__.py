"""Rules of forwarding."""
