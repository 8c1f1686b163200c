"""``python -m gateway``: run the gateway until it is told to stop."""

from gateway.app import create_app, serve
from gateway.settings import Settings

if __name__ == "__main__":
    settings = Settings.read()
    serve(create_app(settings), settings)
