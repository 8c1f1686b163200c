"""The shape of the suite, where no off-the-shelf linter looks."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(ROOT.glob("*/src/**/*.py"))
DOMAIN = [path for path in SOURCES if path.parent.name == "domain" and path.stem != "__init__"]
TESTS = sorted({*ROOT.glob("*/tests/**/test_*.py"), *ROOT.glob("tests/**/test_*.py")})
SERVICES = [
    "datahub",
    "target-service",
    "spiral-service",
    "alert-service",
    "report-service",
    "gateway",
]

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 40

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from (node for node in ast.walk(tree) if isinstance(node, Function))


def body_lines(function: Function) -> int:
    last = function.body[-1].end_lineno or 0
    first = function.body[1 if ast.get_docstring(function) else 0 :]
    return last - first[0].lineno + 1 if first else 0


def asserts(function: Function, checks: set[str]) -> bool:
    """Whether a test asserts, by itself or by a check of its module."""
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Attribute) and node.attr in {"raises", "warns", "fail"})
        or (isinstance(node, ast.Name | ast.Attribute) and name_of(node) in checks)
        for node in ast.walk(function)
    )


def name_of(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_module_fits_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_MODULE_LINES
    assert {
        f.name: body_lines(f) for f in functions(path) if body_lines(f) > MAX_FUNCTION_LINES
    } == {}


@pytest.mark.parametrize("path", DOMAIN, ids=name)
def test_a_rule_names_its_source(path: Path) -> None:
    """Of the module, or of the rule itself where a module holds rules of several sources."""
    assert re.search(r"\bSource:\s", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_every_test_asserts(path: Path) -> None:
    found = list(functions(path))
    checks = {f.name for f in found if not f.name.startswith("test_") and asserts(f, set())}

    assert [f.name for f in found if f.name.startswith("test_") and not asserts(f, checks)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_compares_its_models_with_its_migrated_database(service: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in ROOT.glob(f"{service}/tests/**/*.py")]

    assert any("compare_metadata" in text for text in texts)


def test_the_patterns_of_these_tests_match_something() -> None:
    """A pattern that matches nothing passes; these match what is there."""
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} >= {"shared", "deploy", *SERVICES}
    assert {path.relative_to(ROOT).parts[0] for path in DOMAIN} == set(SERVICES)
    assert {path.relative_to(ROOT).parts[0] for path in TESTS} >= {"shared", "tests", *SERVICES}
