"""Storage of quality: rules, their statements, and what they found."""
