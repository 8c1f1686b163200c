"""Accounts, sessions and API keys: who exists, and how one signs in."""
