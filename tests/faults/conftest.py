"""Options and paths of the tests of faults."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run random kills once and short, or five times and long."""
    if "kills" in metafunc.fixturenames:
        soak = metafunc.config.getoption("--soak")
        runs = [(20_000, 100, seed) for seed in (7, 21, 22, 33, 58)] if soak else [(1_000, 5, 7)]
        metafunc.parametrize(("records", "kills", "seed"), runs)
