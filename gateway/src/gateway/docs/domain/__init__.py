"""Rules of the documentation: what a schema says in words, what a good example is; all pure."""
