"""Files of evidence: taken in, and given out again."""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Path, Request, Response

from datahub.dictionary.api import Known
from datahub.indicators.api.asking import READ, TAGS
from datahub.indicators.api.parties import Reader, Showing, Writer
from datahub.indicators.queries import handed as told
from datahub.indicators.repository import following
from datahub.indicators.repository import handed as store
from shared.kit import files
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.database import Transaction

router = new_router(tags=TAGS)

NAMING: Final = 1_000
"""Values that name one file, which are looked through: a survey may be the evidence of many."""

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
    caller: Writer,
) -> dict[str, Any]:
    """At most 50 MiB; what it is says its content alone: PDF, picture, Office, OFD, UTF-8 text.

    The answer is its digest, by which an entry names it. The same file is kept once.
    """
    content = await files.receive(request.stream())
    async with db.transaction() as tx:
        file, is_new = await files.store(tx, content, caller.subject)
        await store.note_upload(tx, file.digest, caller.subject)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"evidence/{file.digest}"
    return {"digest": file.digest, "media_type": file.media_type, "size": file.size}


@router.get("/evidence/{digest}", summary="佐证文件", dependencies=READ, response_class=Response)
async def get_evidence(
    db: Db,
    dictionary: Known,
    caller: Reader,
    digest: Annotated[str, Path(pattern="^[0-9a-f]{64}$", examples=["0" * 64])],
) -> Response:
    """For who uploaded it, and who may see what is behind a value that names it; else 404.

    Always as a download: a browser opens none of it in place.
    """
    async with db.transaction() as tx:
        showing = Showing(caller, await following.list_indicators(tx, dictionary))
        name = await _name_for(tx, digest, showing)
        file, content = await files.read(tx, digest)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "private, no-store",
        "ETag": f'"{digest}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=file.media_type, headers=headers)


async def _name_for(tx: Transaction, digest: str, showing: Showing) -> str:
    """Return the name of a file for somebody who uploaded it, or sees a value that names it.

    Raises:
        FileNotFoundHereError: there is no such file, or none for him.
    """
    party = showing.party
    rows = await told.page(tx, {"evidence": digest}, party.owner, limit=NAMING)
    seen = [each["evidence_name"] for each in rows if showing.sees_evidence(each)]
    if not seen and not await store.has_uploaded(tx, digest, party.subject):
        raise files.FileNotFoundHereError(f"没有文件 {digest}", f"no file {digest}")
    return next(filter(None, seen), digest[:12])
