"""Code sets by HTTP. Retired codes stay readable, and are written no more."""

from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response

from datahub.dictionary.api.parts import Asked, page_of, unchanged
from datahub.dictionary.domain.code_set import CodeSet
from datahub.dictionary.schemas import (
    CodeOut,
    CodeSetOut,
    CodeSetWhole,
    CodeWhole,
    SuccessorOut,
)
from shared.kit.app import new_router
from shared.kit.identity import require
from shared.kit.paging import Page, page

router = new_router(tags=["dictionary 数据字典"], dependencies=[Depends(require("datahub:read"))])
Paged = Annotated[Page, Depends(page)]
AsOf = Annotated[
    date | None, Query(alias="asOf", description="默认为该版本发布之日 · the day of the version")
]


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
        CodeSetOut(**_code_set(each, dictionary.version)) for each in page_of(response, asked, rows)
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
        **_code_set(known, dictionary.version),
        as_of=day,
        codes=[
            CodeOut(**_code(known, code, writable))
            for code in page_of(response, asked, list(known.codes))
        ],
    )


@router.get("/code-sets/{code_set}/codes/{code}", summary="代码及其承接链")
async def get_code(
    dictionary: Asked,
    code_set: str,
    code: Annotated[str, Path(examples=["1"])],
    as_of: AsOf = None,
) -> CodeWhole:
    known = dictionary.code_set(code_set)
    writable = known.writable(as_of or dictionary.as_of)
    return CodeWhole(
        **_code(known, code, writable),
        code_set=code_set,
        chain=_chain(known, code, writable),
    )


def _code_set(code_set: CodeSet, version: int) -> dict[str, Any]:
    plain = ("id", "standard", "version", "zh", "en", "valid_from", "valid_to", "source", "own")
    return {
        **{name: getattr(code_set, name) for name in plain},
        "code_count": len(code_set.codes),
        "retired_count": sum(each.retired for each in code_set.codes.values()),
        "dictionary_version": version,
    }


def _code(code_set: CodeSet, code: str, writable: frozenset[str]) -> dict[str, Any]:
    known = code_set.code(code)
    plain = ("code", "zh", "en", "valid_from", "valid_to", "retired", "successors", "own")
    return {
        **{name: getattr(known, name) for name in plain},
        "urn": code_set.urn(code),
        "writable": code in writable,
    }


def _chain(code_set: CodeSet, code: str, writable: frozenset[str]) -> list[SuccessorOut]:
    return [
        SuccessorOut(
            code=each,
            known=each in code_set.codes,
            urn=code_set.urn(each),
            zh=code_set.codes[each].zh if each in code_set.codes else "",
            writable=each in writable,
        )
        for each in code_set.successors(code)
    ]
