"""Rules of embedding."""
