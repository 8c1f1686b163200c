"""Render every refusal as an RFC 9457 problem document, in the reader's language."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from shared.errors import DomainError, ErrorKind
from shared.kit.etags import VersionConflictError, etag_of
from shared.kit.strict_request import UNKNOWN_QUERY
from shared.kit.validation import in_english, words

STATUS: Final = {
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.PRECONDITION: 412,
    ErrorKind.INVALID: 422,
    ErrorKind.MALFORMED: 400,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.UNSUPPORTED: 415,
    ErrorKind.TOO_MANY: 429,
    ErrorKind.UNAVAILABLE: 503,
}

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")

HTTP: Final = {
    400: ("malformed", "请求无法读取", "Malformed request"),
    401: ("unauthenticated", "需要登录", "Sign in first"),
    403: ("forbidden", "没有权限", "Not allowed"),
    404: ("not-found", "没有这个资源", "Not found"),
    405: ("method-not-allowed", "不支持这个方法", "Method not allowed"),
    413: ("too-large", "内容过大", "Too large"),
    415: ("unsupported", "不支持的内容类型", "Unsupported content type"),
    422: ("invalid", "内容不合要求", "Invalid content"),
    429: ("too-many-requests", "请求过于频繁", "Too many requests"),
    503: ("unavailable", "服务暂不可用", "Temporarily unavailable"),
}
"""Code and titles of what the framework refuses, by status."""

log = structlog.get_logger()


def add_problem_handlers(app: FastAPI) -> None:
    """Make ``app`` answer every refusal and every fault with ``application/problem+json``."""
    app.add_exception_handler(DomainError, domain_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(ClientDisconnect, _cut_off)
    app.add_exception_handler(Exception, fault)


def wants_english(accept_language: str | None) -> bool:
    """Return whether the reader prefers English; Chinese is the default."""
    for part in (accept_language or "").lower().split(","):
        tag = part.split(";", 1)[0].strip()
        if tag.startswith("zh"):
            return False
        if tag.startswith("en"):
            return True
    return False


def problem(  # noqa: PLR0913 — the parts of the document
    request: Request,
    *,
    code: str,
    status: int,
    title: str,
    detail: str,
    fields: Mapping[str, Sequence[str]] | None = None,
    fixes: Sequence[str] = (),
) -> JSONResponse:
    """Build the one shape of every refusal."""
    if wants_english(request.headers.get("accept-language")):
        fields = {
            name: [in_english(each) for each in said] for name, said in (fields or {}).items()
        }
        fixes = [in_english(each) for each in fixes]
    document: dict[str, Any] = {
        "type": f"urn:helix8:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": getattr(request.state, "prefix", "") + request.url.path,
        "correlationId": getattr(request.state, "request_id", ""),
        "validationErrors": dict(fields or {}),
        "fixes": list(fixes),
    }
    return JSONResponse(
        document,
        status_code=status,
        media_type="application/problem+json",
        headers=retry_after(status),
    )


def retry_after(status: int) -> dict[str, str]:
    """Return the header that an answer of this status bears: when to ask again, in seconds."""
    return {"Retry-After": "2"} if status in {429, 503} else {}


async def domain_error(request: Request, error: Exception) -> JSONResponse:
    """Answer a refusal of ours."""
    assert isinstance(error, DomainError)
    english = wants_english(request.headers.get("accept-language"))
    response = problem(
        request,
        code=error.code,
        status=STATUS[error.kind],
        title=(error.title_en if english else error.title_zh) or error.code,
        detail=error.en if english else error.zh,
        fields=error.fields,
        fixes=error.fixes,
    )
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, VersionConflictError) and error.version is not None:
        response.headers["ETag"] = etag_of(error.version)
    if error.location is not None:
        response.headers["Location"] = quote(error.location)
    return response


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    english = wants_english(request.headers.get("accept-language"))
    fields: dict[str, list[str]] = {}
    malformed = False
    fixes = [each["ctx"]["fix"] for each in error.errors() if each["type"] == UNKNOWN_QUERY]
    for each in error.errors():
        malformed = malformed or each["type"] == "json_invalid"
        fields.setdefault(_json_path(each["loc"]), []).append(words(each, english=english))
    if malformed:
        title = "Malformed JSON" if english else "JSON 无法读取"
        detail = "The body is not valid JSON" if english else "请求体不是合法的 JSON"
        return problem(
            request, code="malformed", status=400, title=title, detail=detail, fields=fields
        )
    _, zh, en = HTTP[422]
    named = (", " if english else "、").join(fields)
    return problem(
        request,
        code="invalid",
        status=422,
        title=en if english else zh,
        detail=f"Check {named}" if english else f"请检查：{named}",
        fields=fields,
        fixes=fixes,
    )


async def _cut_off(request: Request, error: Exception) -> JSONResponse:
    """Answer a body that ended before its declared length: whoever half-closed still reads."""
    assert isinstance(error, ClientDisconnect)
    english = wants_english(request.headers.get("accept-language"))
    zh = "请求体在 Content-Length 声明的长度之前结束；没有写入没有收全的部分"
    en = "the body ended before its Content-Length; what was not whole was not written"
    return problem(
        request,
        code="body-cut-off",
        status=400,
        title="The body was cut off" if english else "请求体不完整",
        detail=en if english else zh,
        fixes=["重新发送整个请求 (send the whole request again)"],
    )


async def http_error(request: Request, error: Exception) -> JSONResponse:
    """Answer what the framework refuses: an unknown path, a method that a path does not take."""
    assert isinstance(error, HTTPException)
    english = wants_english(request.headers.get("accept-language"))
    code, zh, en = HTTP.get(error.status_code, (f"http-{error.status_code}", "请求失败", "Failed"))
    response = problem(
        request,
        code=code,
        status=error.status_code,
        title=en if english else zh,
        detail=_why(request, error, english=english),
    )
    response.headers.update(error.headers or {})
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(_taken(request))
    return response


def _why(request: Request, error: HTTPException, *, english: bool) -> str:
    """Return the reason that was given; where it is the framework's default, a better one."""
    if error.detail != HTTPStatus(error.status_code).phrase:
        return str(error.detail)
    if error.status_code == 405:
        taken = ", ".join(_taken(request))
        zh = f"此路径不接受 {request.method}，只接受 {taken}"
        en = f"this path does not take {request.method}, it takes {taken}"
    else:
        zh, en = "核对路径；全部操作见 /docs", "check the path; /docs lists every operation"
    return en if english else zh


def _taken(request: Request) -> list[str]:
    """Return the methods that a path takes; the framework names those of its first route alone."""
    return [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]


async def fault(request: Request, error: Exception) -> JSONResponse:
    """Answer a fault of ours, and log it."""
    log.error("request_failed", path=request.url.path, exc_info=error)
    english = wants_english(request.headers.get("accept-language"))
    return problem(
        request,
        code="internal",
        status=500,
        title="Our fault" if english else "系统内部错误",
        detail="Report the correlation id" if english else "请把 correlationId 告诉管理员",
    )


def _json_path(location: Sequence[str | int]) -> str:
    """Return ``('body', 'items', 0, 'weight')`` as ``$.items[0].weight``; others as ``query.x``."""
    head, *rest = location
    path = "$" if head == "body" else str(head)
    for part in rest:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path
