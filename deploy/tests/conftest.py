"""What the tests of the runner share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

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
