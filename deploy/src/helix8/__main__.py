"""``python -m helix8``."""

from helix8.cli import app

app()
