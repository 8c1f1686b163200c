"""Rules of the audit."""
