"""Nothing that an answer needs is done in a worker thread.

FastAPI calls a plain function, or a class, in a thread of its own; the way there and back took a
third of the time of a page of records.
"""

from collections.abc import Callable, Iterator
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from tests.contracts.released import SERVICES, application


def called(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """Yield what is called to answer: the endpoint, and all that it depends on."""
    if dependant.call is not None:
        yield dependant.call
    for each in dependant.dependencies:
        yield from called(each)


def is_on_the_loop(call: Callable[..., Any]) -> bool:
    asked = call, vars(type(call)).get("__call__")
    return any(iscoroutinefunction(each) or isasyncgenfunction(each) for each in asked)


@pytest.mark.parametrize("package", SERVICES)
def test_every_answer_is_made_on_the_loop(package: str) -> None:
    routes = [
        each
        for each in iter_route_contexts(application(package).routes)
        if hasattr(each.original_route, "dependant")
    ]
    threaded = {
        f"{route.path}: {call.__qualname__}"
        for route in routes
        for call in called(route.dependant)
        if not is_on_the_loop(call)
    }
    assert (len(routes) > 10, threaded) == (True, set())
