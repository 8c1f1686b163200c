"""What nobody may send, and what nobody may be let in with."""
