"""What a file says of one thing, and what was found wrong with it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from pydantic import ValidationError

from shared.errors import DomainError, ErrorKind
from shared.kit.validation import in_both
from target_service.domain.exchanging.citing import FAMILIES, Named
from target_service.domain.units import Faults
from target_service.usecases.exchanging.families import BODIES, Document

MOST: Final = 5_000
"""Things that are brought in at once."""

_TOLD: Final = 1_000
"""Places that are told at once."""

_FIX: Final = "改正 validationErrors 所指各处后再导入 (mend each place that is named, then import)"


class ImportRefusedError(DomainError):
    """Something of a file cannot be; nothing of it was kept."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "import-refused"
    title_zh: ClassVar = "未导入"
    title_en: ClassVar = "Nothing was imported"


@dataclass(slots=True, kw_only=True, eq=False)
class Item:
    """One thing of a file."""

    family: str
    key: str
    document: Document
    place: Callable[[str], str]
    """Where in the file a JSON path of the document stands."""

    same: bool = False
    """It says what is there already."""

    version: int | None = None
    """The version that was exported, where the file tells."""

    body: Any = None
    rest: Any = None
    """What can be read of it, where a part cannot."""

    faults: Faults = field(default_factory=list)
    """What is wrong with it by itself."""

    refusals: Faults = field(default_factory=list)
    """What its use case refuses."""

    fixes: list[str] = field(default_factory=list)
    blocked: bool = False
    """It waits for another one that cannot be."""

    waits_for: str | None = None
    """The standard, a draft yet, that it rests on."""

    @property
    def named(self) -> Named:
        """Return how others name it."""
        return self.family, self.key

    @property
    def readable(self) -> Document:
        """Return the document without what cannot be read of it."""
        if self.rest is None:
            return self.document
        return {
            name: said for name, said in self.document.items() if name in self.rest.model_fields_set
        }

    @property
    def failed(self) -> bool:
        """Return whether it cannot be made."""
        return bool(self.faults or self.refusals) or self.blocked

    def read(self) -> None:
        """Read the document as a body; note what is wrong with its form."""
        try:
            self.body = BODIES[self.family].model_validate(self.document)
        except ValidationError as error:
            self.faults += faults_of_form(error)
            wrong = {each["loc"][0] for each in error.errors() if each["loc"]}
            rest = {name: said for name, said in self.document.items() if name not in wrong}
            with suppress(ValidationError):
                self.rest = BODIES[self.family].model_validate(rest)

    def refuse(self, error: DomainError) -> None:
        """Note what a use case refuses."""
        whole = {"$": [f"{error.zh} ({error.en})"]}
        self.refusals = [
            (path, reason)
            for path, reasons in (error.fields or whole).items()
            for reason in reasons
        ]
        self.fixes = error.fixes

    def refuse_rest(self, error: DomainError) -> None:
        """Note what a use case refuses of what can be read, but for what follows from the rest."""
        self.refuse(error)
        read = tuple(f"$.{name}" for name in self.rest.model_fields_set)
        self.refusals = [each for each in self.refusals if each[0].startswith(read)]


def faults_of_form(error: ValidationError) -> Faults:
    """Return what is wrong with the form of a document, by JSON path."""
    return [(_path(each["loc"]), in_both(each)) for each in error.errors()]


def _path(location: Sequence[int | str]) -> str:
    return "$" + "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in location)


def refuse_items(items: Sequence[Item], others: Sequence[tuple[str, str]] = ()) -> None:
    """Refuse a file with everything that is wrong with it.

    Args:
        others: what is wrong with no single thing, by its place.

    Raises:
        ImportRefusedError: something is.
    """
    found = list(others)
    for each in items:
        found += [(each.place(path), why) for path, why in [*each.faults, *each.refusals]]
    if not found:
        return
    fields: dict[str, list[str]] = {}
    for place, reason in found[:_TOLD]:
        fields.setdefault(place, []).append(reason)
    fixes = dict.fromkeys(fix for each in items if each.refusals for fix in each.fixes)
    raise ImportRefusedError(
        f"有 {len(found)} 处须改正，没有导入任何内容",
        f"{len(found)} things are to be mended; nothing was imported",
        fields=fields,
        fixes=[_FIX, *list(fixes)[:20]],
    )


def in_file_order(items: Mapping[str, Sequence[Item]]) -> list[Item]:
    """Return items by family, each family behind those that it names."""
    return [each for family in FAMILIES for each in items.get(family, ())]
