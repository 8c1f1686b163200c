"""A process that looks like a service: HTTP on its port, and nothing behind it.

``GET /readyz`` and ``/healthz`` answer 200; ``GET /variables`` the variables of its own prefix.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from typing_extensions import override

PREFIX = f"{sys.argv[0].rsplit('/', 2)[-2].removesuffix('_service').upper()}_"


CHECKS = {
    "database": {"ok": True},
    "loop:relay": {"ok": True, "state": "running"},
    "outbox": {"ok": True, "events": 0, "age_seconds": 0.0},
    "lag:x": {"ok": True, "messages": 7, "still_seconds": 0.0},
}


class Handler(BaseHTTPRequestHandler):
    """Answers every GET."""

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer with a document."""
        answers = {
            "/readyz": {"checks": CHECKS},
            "/variables": {k: v for k, v in os.environ.items() if k.startswith(PREFIX)},  # noqa: TID251
        }
        body = json.dumps(answers.get(self.path, {})).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until killed."""
    port = int(os.environ[f"{PREFIX}PORT"])  # noqa: TID251
    sys.stdout.write(f"standin on {port}\n")
    sys.stdout.flush()
    HTTPServer(("127.0.0.1", port), Handler).serve_forever()
