"""What the suite says of itself: discovery, readiness, OpenAPI of all services."""
