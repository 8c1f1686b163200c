"""Run the data hub: ``python -m datahub``."""

from datahub.app import create_app
from datahub.settings import Settings
from shared.kit.app import serve

if __name__ == "__main__":
    settings = Settings.read()
    serve(create_app(settings), settings)
