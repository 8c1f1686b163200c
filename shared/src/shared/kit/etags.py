"""ETags from the version counter of a row: 304 when nothing changed, 412 when too much did."""

from typing import ClassVar

from fastapi import Request, Response

from shared.errors import DomainError, ErrorKind


class VersionConflictError(DomainError):
    """The record is not the version that the caller saw."""

    kind: ClassVar = ErrorKind.PRECONDITION
    code: ClassVar = "version-conflict"
    title_zh: ClassVar = "版本已变"
    title_en: ClassVar = "The version changed"


class AlreadyExistsError(DomainError):
    """The caller asked to create only, and the record is there."""

    kind: ClassVar = ErrorKind.PRECONDITION
    code: ClassVar = "already-exists"
    title_zh: ClassVar = "记录已存在"
    title_en: ClassVar = "It exists already"


def etag_of(version: int) -> str:
    """Return the entity tag of a version."""
    return f'"{version}"'


def is_not_modified(request: Request, response: Response, version: int) -> bool:
    """Set the ``ETag``; return whether the caller has this version already (answer 304)."""
    tag = etag_of(version)
    response.headers["ETag"] = tag
    return bool({tag, "*"} & _tags(request.headers.get("if-none-match")))


def check_preconditions(request: Request, version: int | None) -> None:
    """Refuse a write whose preconditions fail; ``version`` is None where nothing is there.

    Raises:
        VersionConflictError: ``If-Match`` names another version.
        AlreadyExistsError: ``If-None-Match: *`` and the record exists.
    """
    wanted = _tags(request.headers.get("if-match"))
    if wanted and (version is None or not {etag_of(version), "*"} & wanted):
        raise VersionConflictError(
            f"当前版本是 {version}",
            f"the present version is {version}",
            fixes=["先 GET 取得当前版本，再重试 (GET, then retry)"],
        )
    if version is not None and "*" in _tags(request.headers.get("if-none-match")):
        raise AlreadyExistsError("记录已存在，未作修改", "the record exists; nothing was changed")


def _tags(header: str | None) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in (header or "").split(",") if tag.strip()}
