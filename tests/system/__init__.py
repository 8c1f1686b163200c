"""Journeys through a whole suite."""
