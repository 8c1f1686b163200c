"""What the edges share: the database, the press, and what a file is sent with."""

from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response

from report_service.usecases.rendering.press import Press
from shared.access.sight import sight_of
from shared.kit.database import Database
from shared.kit.identity import Caller, current_caller, require

READ = Depends(require("report:read"))
WRITE = require("report:take-part")
"""Of what he sees, whoever takes part writes."""

WHOLE = require("report:write")
"""What concerns reports of everybody: batches, schedules, templates, review packages."""

APPROVE = require("report:approve")

MEDIA: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "zip": "application/zip",
}


async def get_database(
    request: Request, caller: Annotated[Caller, Depends(current_caller)]
) -> Database:
    """Return the database that the service opened, as far as the caller sees it."""
    database: Database = request.app.state.database
    return database.seen_as(sight_of(caller, "report"))


async def get_press(request: Request) -> Press:
    """Return the press that the service started."""
    press: Press = request.app.state.parts.state["press"]
    return press


Db = Annotated[Database, Depends(get_database)]
ThePress = Annotated[Press, Depends(get_press)]


def file_answer(request: Request, content: bytes, kind: str, tag: str, **more: Any) -> Response:
    """Return a file, or that the caller has it already."""
    headers = {
        "ETag": f'"{tag}"',
        "Cache-Control": "private, no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        **more,
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=MEDIA[kind], headers=headers)
