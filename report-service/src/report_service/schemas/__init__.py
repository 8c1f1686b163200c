"""Requests and responses of the REST API, one module a subject."""
