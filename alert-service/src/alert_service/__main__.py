"""Run the alert service: ``python -m alert_service``."""

from alert_service.app import create_app
from alert_service.settings import Settings
from shared.kit.app import serve

if __name__ == "__main__":
    settings = Settings.read()
    serve(create_app(settings), settings)
