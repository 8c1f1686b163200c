"""What stops a suite from starting."""


class StartError(Exception):
    """A process did not start; the message says why, in Chinese and English."""
