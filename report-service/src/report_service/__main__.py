"""Run the report service: ``python -m report_service``."""

from report_service.app import create_app
from report_service.settings import Settings
from shared.kit.app import serve


def main() -> None:
    """Read the settings and serve until told to stop."""
    settings = Settings.read()
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
