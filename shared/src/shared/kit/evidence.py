"""Files of evidence over REST: taken in, and given out again to whoever may see them.

What a file is evidence of, and so who may read it, is each service's own.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request, Response

from shared.kit import files
from shared.kit.admin import Db
from shared.kit.database import Transaction
from shared.kit.openapi import also_made
from shared.kit.strict_json import takes_up_to

NameFor = Callable[[Transaction, str], Awaitable[str | None]]
"""Gives the name of a file for the caller, by its digest; None where he may not read it."""


def add_evidence(
    router: APIRouter,
    *,
    uploader: Callable[..., Any],
    naming: Callable[..., Any],
    guards: Sequence[Any],
    told: str,
) -> None:
    """Answer the upload of files, and give them out.

    Args:
        uploader: dependency that returns who uploads; it refuses who may not.
        naming: dependency that returns a `NameFor` of the caller.
        guards: what whoever reads must hold anyhow.
        told: who may read a file, for the documentation.
    """

    @router.post(
        "/evidence",
        summary="上传佐证文件",
        openapi_extra=_BODY,
        responses=also_made(dict[str, Any]),
    )
    @takes_up_to(files.MAX_FILE, "压缩图片或分成几个文件 (make its pictures smaller, or split it)")
    async def upload_evidence(
        request: Request, response: Response, db: Db, by: Annotated[str, Depends(uploader)]
    ) -> dict[str, Any]:
        """At most 50 MiB; what it is says its content: PDF, picture, Office, OFD, UTF-8 text.

        One that is declared as something else, a program or a page is refused (415).

        The answer is its digest, by which others name it. The same file is kept once.
        """
        head = request.headers
        content = await files.receive(request.stream(), head.get("content-length"))
        async with db.transaction() as tx:
            file, is_new = await files.store(tx, content, by, head.get("content-type"))
        response.status_code = 201 if is_new else 200
        # Relative to the request, so that it is right behind the gateway too.
        response.headers["Location"] = f"evidence/{file.digest}"
        return {"digest": file.digest, "media_type": file.media_type, "size": file.size}

    @router.get(
        "/evidence/{digest}",
        summary="佐证文件",
        description=f"{told}\n\nAlways as a download: a browser opens none of it in place.",
        dependencies=guards,
        response_class=Response,
    )
    async def get_evidence(
        db: Db,
        name_for: Annotated[NameFor, Depends(naming)],
        digest: Annotated[str, Path(pattern="^[0-9a-f]{64}$", examples=["0" * 64])],
    ) -> Response:
        async with db.transaction() as tx:
            name = await name_for(tx, digest)
            if name is None:
                raise files.FileNotFoundHereError(f"没有文件 {digest}", f"no file {digest}")
            file, content = await files.read(tx, digest)
        return Response(content, media_type=file.media_type, headers=_headers(digest, name))


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary"},
                "example": "@evidence.pdf",
            }
        },
    }
}


def _headers(digest: str, name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "private, no-store",
        "ETag": f'"{digest}"',
        "X-Content-Type-Options": "nosniff",
    }
