"""What every request passes: credentials, same origin, permissions, internal tokens."""
