"""Read definitions: the newest of each, one version, what is wrong, what is different."""

from itertools import groupby
from typing import ClassVar

from shared.contracts.vocabulary import ScopeKey
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from spiral_service.domain.definitions.comparing import compare
from spiral_service.domain.definitions.forms import json_schema
from spiral_service.domain.linting import by_path, lint
from spiral_service.repository.definitions import (
    all_references,
    find_definition,
    find_document,
    shipped,
    versions_of,
)
from spiral_service.schemas.definitions import (
    DefinitionBody,
    DefinitionSummary,
    DefinitionView,
    DifferenceView,
    LintView,
)


class DefinitionNotFoundError(DomainError):
    """No definition has that name and version."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "definition-not-found"
    title_zh: ClassVar = "没有这个螺旋定义"
    title_en: ClassVar = "No such definition"


async def list_definitions(tx: Transaction, scope: ScopeKey | None) -> list[DefinitionSummary]:
    """Return the newest version of each definition; of those for a scope, where one is given."""
    found = []
    for name, group in groupby(await all_references(tx), key=lambda each: each[0]):
        versions = [version for _, version in group]
        newest = await find_definition(tx, name, versions[-1])
        if scope is None or not newest.kinds or scope.partition("/")[0] in newest.kinds:
            found.append(
                DefinitionSummary(
                    definition=name,
                    version=newest.version,
                    zh=newest.zh,
                    en=newest.en,
                    basis=newest.basis,
                    kinds=list(newest.kinds),
                    periods=list(newest.periods),
                    versions=versions,
                    shipped=(name, newest.version) in shipped(),
                )
            )
    return found


async def get_definition(tx: Transaction, name: str, version: int | None) -> DefinitionView:
    """Return a version of a definition, the newest where none is named.

    Raises:
        DefinitionNotFoundError: there is none.
    """
    await _check_there(tx, name, version)
    found = await find_definition(tx, name, version)
    document, row = await find_document(tx, name, found.version)
    return DefinitionView(
        definition=name,
        version=found.version,
        shipped=row is None,
        published_by=row.published_by if row else None,
        published_at=row.published_at if row else None,
        document=document,
        form_schemas={each.id: json_schema(each) for each in found.forms.values()},
    )


def lint_definition(body: DefinitionBody) -> LintView:
    """Return what contradicts itself in a document."""
    faults = by_path(lint(body.to_rule(0)))
    return LintView(holds=not faults, faults=faults)


async def compare_versions(
    tx: Transaction, name: str, before: int, after: int
) -> list[DifferenceView]:
    """Return in what two versions of a definition are different.

    Raises:
        DefinitionNotFoundError: one of them is not there.
    """
    for version in (before, after):
        await _check_there(tx, name, version)
    old, _ = await find_document(tx, name, before)
    new, _ = await find_document(tx, name, after)
    return [
        DifferenceView(path=each.path, before=each.before, after=each.after)
        for each in compare(old, new)
    ]


async def _check_there(tx: Transaction, name: str, version: int | None) -> None:
    versions = await versions_of(tx, name)
    if not versions or (version is not None and version not in versions):
        asked = name if version is None else f"{name}@{version}"
        raise DefinitionNotFoundError(f"没有螺旋定义 {asked}", f"there is no definition {asked}")
