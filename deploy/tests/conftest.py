"""What the tests of the runner share."""

import json
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from helix8.embedded import Servers, start_servers


@pytest.fixture(scope="module")
def open_directory() -> Iterator[Path]:
    """A directory that every user can reach; the usual ones are for their owner only."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """PostgreSQL and NATS for the tests of a module."""
    with start_servers(tmp_path_factory.mktemp("servers")) as running:
        yield running


@dataclass
class Gateway:
    """An HTTP server that writes down what it was asked."""

    url: str = ""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A gateway that answers as it is told."""
    there = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            path = self.path.partition("?")[0]
            there.asked.append((self.command, path, json.loads(body) if body else None))
            status, document = there.answers.get(path, (200, []))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        do_POST = do_PUT = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    there.url = f"http://127.0.0.1:{server.server_port}"
    yield there
    server.shutdown()
    server.server_close()
