"""Demonstration data: the real OULAD set and an invented college."""
