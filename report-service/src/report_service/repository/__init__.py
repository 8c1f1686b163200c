"""Keep the read model, the reports and the work on them: the only writer of these tables."""
