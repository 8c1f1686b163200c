"""What is asked of the gateway and all services at once: the audit, and what followed from what."""
