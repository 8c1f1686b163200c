"""Code sets by HTTP. Retired codes stay readable, and are written no more."""

from datetime import date
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Query, Request, Response

from datahub.dictionary.api.parts import Asked, page_of, unchanged
from datahub.dictionary.schemas import (
    CodeOut,
    CodeSetOut,
    CodeSetWhole,
    CodeWhole,
    chain_out,
    code_out,
    code_set_out,
)
from shared.errors import DomainError, ErrorKind
from shared.kit.app import new_router
from shared.kit.identity import require
from shared.kit.paging import Page, page

router = new_router(tags=["dictionary 数据字典"], dependencies=[Depends(require("datahub:read"))])
Paged = Annotated[Page, Depends(page)]
AsOf = Annotated[
    date | None, Query(alias="asOf", description="默认为该版本发布之日 · the day of the version")
]


class CodeUnknownError(DomainError):
    """The code set has no such code."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "unknown-code"
    title_zh: ClassVar = "代码集中没有这个代码"
    title_en: ClassVar = "No such code"


@router.get("/code-sets", summary="代码集列表")
async def list_code_sets(
    response: Response,
    dictionary: Asked,
    asked: Paged,
    standard: Annotated[str | None, Query(max_length=40)] = None,
) -> list[CodeSetOut]:
    rows = [
        each
        for each in dictionary.code_sets.values()
        if standard is None or each.standard == standard
    ]
    return [
        CodeSetOut(**code_set_out(each, dictionary.version))
        for each in page_of(response, asked, rows)
    ]


@router.get("/code-sets/{code_set}", summary="代码集及其代码", response_model=CodeSetWhole)
async def get_code_set(
    request: Request,
    response: Response,
    dictionary: Asked,
    asked: Paged,
    code_set: str,
    as_of: AsOf = None,
) -> Any:
    known = dictionary.code_set(code_set)
    if (same := unchanged(request, response, dictionary)) is not None:
        return same
    day = as_of or dictionary.as_of
    writable = known.writable(day)
    return CodeSetWhole(
        **code_set_out(known, dictionary.version),
        as_of=day,
        codes=[
            CodeOut(**code_out(known, code, writable))
            for code in page_of(response, asked, list(known.codes))
        ],
    )


@router.get("/code-sets/{code_set}/codes/{code}", summary="代码及其承接链")
async def get_code(dictionary: Asked, code_set: str, code: str, as_of: AsOf = None) -> CodeWhole:
    known = dictionary.code_set(code_set)
    if code not in known.codes:
        raise CodeUnknownError(
            f"{known.zh}中没有代码 {code}",
            f"the code set {code_set} has no code {code}",
            fixes=[f"GET /api/datahub/v1/code-sets/{code_set}"],
        )
    writable = known.writable(as_of or dictionary.as_of)
    return CodeWhole(
        **code_out(known, code, writable),
        code_set=code_set,
        chain=chain_out(known, code, writable),
    )
