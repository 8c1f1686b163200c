"""Every event of the suite, for those who list them: documentation, released schemas."""

import importlib
import pkgutil
from functools import cache

from shared import contracts
from shared.contracts.base import Event
from shared.contracts.streams import STREAMS


@cache
def published_events() -> dict[str, type[Event]]:
    """Return every event that is published, by its type."""
    for module in pkgutil.iter_modules(contracts.__path__, f"{contracts.__name__}."):
        importlib.import_module(module.name)
    found: dict[str, type[Event]] = {}
    waiting = list(Event.__subclasses__())
    while waiting:
        event = waiting.pop()
        waiting += event.__subclasses__()
        is_contract = event.__module__.startswith(f"{contracts.__name__}.")
        if is_contract and "type" in vars(event):
            assert event.type not in found, f"two events of type {event.type}"
            found[event.type] = event
    return dict(sorted(found.items()))


def stream_of(subjects: str) -> str:
    """Return the stream that keeps what travels there."""
    [name] = [
        stream.name
        for stream in STREAMS
        if any(subjects.startswith(each.removesuffix(">")) for each in stream.subjects)
    ]
    return name
