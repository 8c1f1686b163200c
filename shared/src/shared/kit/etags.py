"""ETags from the version counter of a row: 304 when nothing changed, 412 when too much did."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, ClassVar, Final, Self

from fastapi import Depends, Header, Request, Response

from shared.errors import DomainError, ErrorKind
from shared.kit.clock import CAMPUS

CONDITIONS: Final = frozenset({"if-match", "if-none-match"})
"""Headers by which a caller says what he expects to be there."""

Version = int | str
"""What an entity tag is made of: a row's counter, or the digest of what never changes."""

Precondition = Callable[[Version | None], None]
"""Gets the present version (None: not there) under the lock, and refuses what must not be."""


class VersionConflictError(DomainError):
    """The record is not the version that the caller saw."""

    kind: ClassVar = ErrorKind.PRECONDITION
    code: ClassVar = "version-conflict"
    title_zh: ClassVar = "版本已变"
    title_en: ClassVar = "The version changed"

    version: Version | None = None
    """That is there; None where nothing is."""

    def won_by(self, who: str, at: datetime, fields: Mapping[str, Sequence[str]]) -> Self:
        """Say who made the version that is there, when, and what it says otherwise."""
        when = f"{at.astimezone(CAMPUS):%Y-%m-%d %H:%M:%S}"
        self.zh += f"，{who} 于 {when} 保存"
        self.en += f", saved by {who} at {when}"
        self.fields = {path: list(reasons) for path, reasons in fields.items()}
        return self


class AlreadyExistsError(DomainError):
    """The caller asked to create only, and the record is there."""

    kind: ClassVar = ErrorKind.PRECONDITION
    code: ClassVar = "already-exists"
    title_zh: ClassVar = "记录已存在"
    title_en: ClassVar = "It exists already"


def etag_of(version: Version) -> str:
    """Return the entity tag of a version."""
    return f'"{version}"'


def is_not_modified(request: Request, response: Response, version: Version) -> bool:
    """Set the ``ETag``; return whether the caller has this version already (answer 304)."""
    tag = etag_of(version)
    response.headers["ETag"] = tag
    return bool({tag, "*"} & tags_of(request.headers.get("if-none-match")))


def unless_not_modified(request: Request, response: Response, version: Version) -> Response | None:
    """Set the ``ETag``; return the 304 for who has this version already."""
    if is_not_modified(request, response, version):
        return Response(status_code=304, headers={"ETag": response.headers["ETag"]})
    return None


async def get_precondition(
    request: Request,
    if_match: Annotated[
        str | None, Header(description="只改这个版本（ETag），否则 412 · change this version only")
    ] = None,
    if_none_match: Annotated[
        str | None, Header(description="* 表示只新建，已存在则 412 · * creates only")
    ] = None,
) -> Precondition:
    """Return what the caller expects of the thing that he writes."""
    del if_match, if_none_match  # named for the OpenAPI
    return partial(check_preconditions, request)


Expect = Annotated[Precondition, Depends(get_precondition)]


def check_preconditions(request: Request, version: Version | None) -> None:
    """Refuse a write whose preconditions fail; ``version`` is None where nothing is there.

    Raises:
        VersionConflictError: ``If-Match`` names another version, or there is nothing.
        AlreadyExistsError: ``If-None-Match: *`` and the record exists.
    """
    wanted = tags_of(request.headers.get("if-match"))
    if wanted and version is None:
        raise VersionConflictError(
            "这条记录还不存在，没有可比对的版本",
            "there is no such record, so it has no version to match",
            fixes=["新建请去掉 If-Match (leave If-Match out to create it)"],
        )
    if wanted and version is not None and not {etag_of(version), "*"} & wanted:
        raise _conflict(version)
    if version is not None and "*" in tags_of(request.headers.get("if-none-match")):
        raise AlreadyExistsError(
            "记录已存在，未作修改",
            "the record exists; nothing was changed",
            fixes=["修改请用 If-Match 与它的 ETag (to change it, send If-Match with its ETag)"],
        )


def check_version(seen: Version | None, version: Version | None) -> None:
    """Refuse to change another version than the one that was seen; None: whichever there is.

    Raises:
        VersionConflictError: it is another one.
    """
    if seen is not None and seen != version:
        raise _conflict(version)


def _conflict(version: Version | None) -> VersionConflictError:
    error = VersionConflictError(
        f"当前版本是 {version}",
        f"the present version is {version}",
        fixes=["先 GET 取得当前版本，再重试 (GET, then retry)"],
    )
    error.version = version
    return error


def tags_of(header: str | None) -> set[str]:
    """Return the entity tags that a header names; a weak one counts as the strong one."""
    return {tag.strip().removeprefix("W/") for tag in (header or "").split(",") if tag.strip()}
