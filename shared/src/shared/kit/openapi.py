"""What a service's OpenAPI says of refusals: one shape for every operation, and every type of it.

Left alone, the framework promises a document of its own for 422, which nobody ever gets here.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from shared.addresses import AddressRefusedError
from shared.errors import DomainError, UnavailableError, UnknownReferenceError
from shared.kit.dead_letters import DeadLetterDoneError, DeadLetterNotFoundError
from shared.kit.etags import AlreadyExistsError, VersionConflictError
from shared.kit.files import FileKindError, FileNotFoundHereError, FileTooLargeError
from shared.kit.idempotency import (
    IdempotencyConflictError,
    IdempotencyKeyError,
    RequestRunningError,
)
from shared.kit.identity import NotAllowedError, UnauthenticatedError
from shared.kit.paging import MixedPagingError, PageTokenError
from shared.kit.problems import HTTP, STATUS
from shared.kit.strict_json import BodyTooLargeError, MalformedJsonError, NotJsonError
from shared.kit.strict_request import CharsetError, ContentCodingError, PreconditionNotTakenError

EVERYWHERE: Final[tuple[type[DomainError], ...]] = (
    AddressRefusedError,
    AlreadyExistsError,
    BodyTooLargeError,
    CharsetError,
    ContentCodingError,
    DeadLetterDoneError,
    DeadLetterNotFoundError,
    FileKindError,
    FileNotFoundHereError,
    FileTooLargeError,
    IdempotencyConflictError,
    IdempotencyKeyError,
    MalformedJsonError,
    MixedPagingError,
    NotAllowedError,
    NotJsonError,
    PageTokenError,
    PreconditionNotTakenError,
    RequestRunningError,
    UnauthenticatedError,
    UnavailableError,
    UnknownReferenceError,
    VersionConflictError,
)
"""Refusals of the plumbing, which any service may give."""

OF_THE_FRAMEWORK: Final = ("HTTPValidationError", "ValidationError")


class Problem(BaseModel):
    """A refusal (RFC 9457); ``type`` is stable, ``title`` and ``detail`` follow the reader."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str = Field(examples=["urn:helix8:problem:invalid"])
    title: str
    status: int
    detail: str
    instance: str
    """Path of the request."""

    correlation_id: str = Field(serialization_alias="correlationId")
    """Id of the request, as in ``X-Request-Id``: name it when you report a fault."""

    validation_errors: dict[str, list[str]] = Field(serialization_alias="validationErrors")
    """Every reason, by JSON path."""

    fixes: list[str]
    """What you can do about it."""


Answers = dict[int | str, dict[str, Any]]


def also_made(model: Any = None) -> Answers:
    """Return what a PUT tells besides its 200: 201, where the thing was not there before."""
    return {201: _answer("新建 · made", model)}


def also_there(model: Any) -> Answers:
    """Return what a POST tells besides its 201: 200, where the thing was there already."""
    return {200: _answer("已有：修改，或并无变化 · was there: changed, or as it was", model)}


def _answer(description: str, model: Any) -> dict[str, Any]:
    return {"description": description} | ({} if model is None else {"model": model})


def tell_problems(app: FastAPI, service: str, more: Sequence[type[DomainError]] = ()) -> None:
    """Make the OpenAPI of ``app`` tell its refusals; it is made when somebody asks for it.

    Args:
        more: refusals besides those of the service's own package, and of every service.
    """

    def openapi() -> dict[str, Any]:
        document = FastAPI.openapi(app)
        if "x-problems" not in document:
            _tell_shape(document)
            problems = _problems(service, more)
            document["x-problems"] = sorted(problems, key=lambda each: str(each["type"]))
        return document

    # The framework's own way to say more.
    app.openapi = openapi  # type: ignore[method-assign]


def _tell_shape(document: dict[str, Any]) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in OF_THE_FRAMEWORK:
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema(mode="serialization")
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {
                "description": "拒绝 · refused",
                "content": content,
            }


def _problems(service: str, more: Sequence[type[DomainError]]) -> Iterator[dict[str, Any]]:
    packages = {service, f"{service}_service"}
    own = [each for each in subclasses(DomainError) if each.__module__.split(".")[0] in packages]
    told = {each.code: each for each in (*EVERYWHERE, *more, *own) if "code" in vars(each)}
    for code, error in told.items():
        yield {
            "type": f"urn:helix8:problem:{code}",
            "status": STATUS[error.kind],
            "title_zh": error.title_zh,
            "title_en": error.title_en,
        }
    for status, (code, zh, en) in HTTP.items():
        if code not in told:
            yield {
                "type": f"urn:helix8:problem:{code}",
                "status": status,
                "title_zh": zh,
                "title_en": en,
            }


def subclasses(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    """Yield every subclass that has been loaded."""
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)
