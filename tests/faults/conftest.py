"""Options and paths of the tests of faults."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--soak``; it is known when this directory is named: ``pytest tests/faults --soak``."""
    parser.addoption(
        "--soak", action="store_true", help="long runs of five seeds, and every mutant"
    )


@pytest.fixture(scope="session")
def soak(request: pytest.FixtureRequest) -> bool:
    """Whether the long form runs."""
    return bool(request.config.getoption("--soak", default=False))
