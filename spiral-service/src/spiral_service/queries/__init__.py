"""Read models, one module a subject. SQL in, response out, no rule in between."""
