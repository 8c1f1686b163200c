"""How a source names students, classes and verbs: a document, data and not code.

``student`` and ``class`` list the places where a number may stand; the first that holds one
counts. A place is a way of names into the event, through every element of a list on it; what
stands there must begin with ``prefix``, which is taken away. Source: our default.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from datahub.dictionary.domain.document import Faults
from shared.errors import DomainError, ErrorKind

MAX_PLACES: Final = 20
MAX_VERBS: Final = 500
PARTS: Final = ("whole", "local")
_KEYS: Final = frozenset({"student", "class", "verbs"})
_PLACE_KEYS: Final = frozenset({"at", "prefix", "part"})


class LearningSourceInvalidError(DomainError):
    """A document that nothing could be read by."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "learning-source-invalid"
    title_zh: ClassVar = "学习行为来源的说明有误"
    title_en: ClassVar = "The document of the source is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a number may stand in an event."""

    way: tuple[str, ...]
    prefix: str = ""
    part: str = "whole"
    """``local``: of an e-mail address, what stands before the ``@``."""

    def found_in(self, event: object) -> str | None:
        """Return what stands there; None where it is not what the place is about."""
        for value in _walk(event, self.way):
            text = _local(value) if self.part == "local" else value
            if text.startswith(self.prefix) and (number := text.removeprefix(self.prefix).strip()):
                return number
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningSource:
    """How one source names what its events are about."""

    student: tuple[Place, ...]
    class_: tuple[Place, ...] = ()
    verbs: Mapping[str, str] = field(default_factory=dict)
    """The dictionary's verb by the source's, beside those that are known anyway."""


def first_of(places: Collection[Place], event: object) -> str | None:
    """Return what the first place holds that holds anything."""
    return next((text for each in places if (text := each.found_in(event))), None)


def _walk(value: object, way: tuple[str, ...]) -> Iterator[str]:
    match value, way:
        case list(), _:
            for each in value:
                yield from _walk(each, way)
        case str() | int(), () if not isinstance(value, bool):
            yield str(value)
        case str(), ("id",):
            yield value  # Caliper writes {"id": "…"} as "…" where nothing else is said of it
        case dict(), (name, *rest) if name in value:
            yield from _walk(value[name], tuple(rest))
        case _:
            return


def _local(address: str) -> str:
    return address.removeprefix("mailto:").partition("@")[0]


def parse_source(document: Mapping[str, Any], verbs: Collection[str]) -> LearningSource:
    """Build what a document says.

    Args:
        verbs: those of the dictionary.

    Raises:
        LearningSourceInvalidError: with every fault, by its place in the document.
    """
    faults = Faults()
    faults.known("$", document, _KEYS)
    source = LearningSource(
        student=_places("$.student", document.get("student"), faults),
        class_=_places("$.class", document.get("class"), faults),
        verbs=_verbs(document.get("verbs"), verbs, faults),
    )
    if not document.get("student"):
        faults.add("$.student", "至少一处 (at least one place)")
    if faults.found:
        places = "、".join(faults.found)
        raise LearningSourceInvalidError(
            f"说明有误：{places}", f"the document is wrong at {places}", fields=faults.found
        )
    return source


def _places(path: str, value: object, faults: Faults) -> tuple[Place, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_PLACES:
        faults.add(path, f"须为列表，至多 {MAX_PLACES} 处 (a list of at most {MAX_PLACES})")
        return ()
    return tuple(_place(f"{path}[{number}]", each, faults) for number, each in enumerate(value))


def _place(path: str, value: object, faults: Faults) -> Place:
    spec = faults.table(path, value)
    faults.known(path, spec, _PLACE_KEYS)
    at = spec.get("at")
    way = at.split(".") if isinstance(at, str) else faults.words(f"{path}.at", at)
    if not way or not all(way):
        reason = "须为 actor.account.name 这样的路径，或名字的列表 (a way of names)"
        faults.add(f"{path}.at", reason)
    prefix = spec.get("prefix", "")
    if not isinstance(prefix, str):
        faults.add(f"{path}.prefix", "须为文本 (a text)")
    part = faults.choice(f"{path}.part", spec.get("part"), PARTS)
    return Place(way=tuple(way), prefix=str(prefix), part=part or "whole")


def _verbs(value: object, known: Collection[str], faults: Faults) -> Mapping[str, str]:
    spec = faults.table("$.verbs", value)
    if len(spec) > MAX_VERBS:
        faults.add("$.verbs", f"至多 {MAX_VERBS} 个 (at most {MAX_VERBS})")
    for name, verb in spec.items():
        if verb not in known:
            faults.one_of(f"$.verbs.{name}", sorted(known))
    return {name: str(verb) for name, verb in spec.items()}
