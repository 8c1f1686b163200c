"""Requests and answers of ingest: of batches and their rows, and of a guess."""
