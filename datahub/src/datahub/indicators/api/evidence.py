"""Files of evidence: taken in, and given out again."""

from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request, Response

from datahub.indicators.api.asking import READ, TAGS
from shared.kit import files
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.identity import Caller, require

router = new_router(tags=TAGS)

BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary"},
                "example": "@survey.pdf",
            }
        },
    }
}


@router.post("/evidence", summary="上传佐证文件", openapi_extra=BODY)
async def upload_evidence(
    request: Request,
    response: Response,
    db: Db,
    caller: Annotated[Caller, Depends(require("datahub:write"))],
) -> dict[str, Any]:
    """At most 50 MiB; what it is says its content alone: PDF, picture, Office, OFD, UTF-8 text.

    The answer is its digest, by which an entry names it. The same file is kept once.
    """
    content = await files.receive(request.stream())
    async with db.transaction() as tx:
        file, is_new = await files.store(tx, content, caller.subject)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/v1/evidence/{file.digest}"
    return {"digest": file.digest, "media_type": file.media_type, "size": file.size}


@router.get("/evidence/{digest}", summary="佐证文件", dependencies=READ, response_class=Response)
async def get_evidence(
    db: Db, digest: Annotated[str, Path(pattern="^[0-9a-f]{64}$", examples=["0" * 64])]
) -> Response:
    """Always as a download: a browser opens none of it in place."""
    async with db.transaction() as tx:
        file, content = await files.read(tx, digest)
    headers = {
        "Content-Disposition": f'attachment; filename="{digest[:12]}"',
        "ETag": f'"{digest}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=file.media_type, headers=headers)
