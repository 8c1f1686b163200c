"""Files of evidence: taken in, and given out again."""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Path, Request, Response

from shared.kit import files
from shared.kit.app import new_router
from shared.kit.openapi import also_made
from spiral_service.api.common import READ, Acting, Db, Reader
from spiral_service.queries.corrections import name_of_evidence
from spiral_service.queries.culture import material_name
from spiral_service.queries.reviews import document_name
from spiral_service.usecases.evidence import take_in

router = new_router(prefix="/evidence", tags=["evidence 佐证"])

BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary"},
                "example": "@minutes.pdf",
            }
        },
    }
}


@router.post("", summary="上传佐证文件", openapi_extra=BODY, responses=also_made(dict[str, Any]))
async def upload_evidence(
    request: Request, response: Response, db: Db, act: Acting
) -> dict[str, Any]:
    """At most 50 MiB; what it is says its content: PDF, picture, Office, OFD, UTF-8 text.

    One that is declared as something else, a program or a page is refused (415).

    The answer is its digest, by which evidence names it. The same file is kept once.
    """
    head = request.headers
    content = await files.receive(request.stream(), head.get("content-length"))
    async with db.transaction() as tx:
        declared = head.get("content-type")
        file, is_new = await take_in(tx, content, act.by.subject, declared)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"evidence/{file.digest}"
    return {"digest": file.digest, "media_type": file.media_type, "size": file.size}


@router.get("/{digest}", summary="佐证文件", dependencies=[READ], response_class=Response)
async def get_evidence(
    db: Db,
    by: Reader,
    digest: Annotated[str, Path(pattern="^[0-9a-f]{64}$", examples=["0" * 64])],
) -> Response:
    """For who has to do with it, else 404; materials and documents under review for all who read.

    Always as a download: a browser opens none of it in place.
    """
    async with db.transaction() as tx:
        name = (
            await material_name(tx, digest)
            or await document_name(tx, digest)
            or await name_of_evidence(tx, digest, by)
        )
        if name is None:
            raise files.FileNotFoundHereError(f"没有文件 {digest}", f"no file {digest}")
        file, content = await files.read(tx, digest)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "private, no-store",
        "ETag": f'"{digest}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=file.media_type, headers=headers)
