"""Run the spiral service: ``python -m spiral_service``."""

from shared.kit.app import serve
from spiral_service.app import create_app
from spiral_service.settings import Settings


def main() -> None:
    """Read the settings and serve until told to stop."""
    settings = Settings.read()
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
