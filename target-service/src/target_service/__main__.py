"""Run the target service: ``python -m target_service``."""

from shared.kit.app import serve
from target_service.app import create_app
from target_service.settings import Settings

if __name__ == "__main__":
    settings = Settings.read()
    serve(create_app(settings), settings)
