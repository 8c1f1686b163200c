"""What the routes of the dictionary share: which version is asked for, and a page of a list."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request, Response

from datahub.dictionary.api.known import Versions
from datahub.dictionary.domain.entity import Dictionary
from shared.kit.admin import Db
from shared.kit.etags import is_not_modified
from shared.kit.paging import Page, after_number, answer_page

Item = TypeVar("Item")


async def get_asked(
    db: Db,
    dictionaries: Versions,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Dictionary:
    """Return the version that is asked for; the one in force where none is.

    Raises:
        VersionNotFoundError: there is none of that number.
    """
    if version is None:
        return await dictionaries.of(db)
    async with db.transaction() as tx:
        return await dictionaries.at(tx, version)


Asked = Annotated[Dictionary, Depends(get_asked)]


def page_of(response: Response, asked: Page, rows: Sequence[Item]) -> Sequence[Item]:
    """Return the page of a list that lies in memory, and set the paging headers."""
    start = (after_number(asked) or 0) if asked.by_token else asked.offset
    end = max(start, 0) + asked.limit
    total = len(rows) if asked.total_count else None
    answer_page(response, asked, total=total, next_after=[end] if end < len(rows) else None)
    return rows[max(start, 0) : end]


def unchanged(request: Request, response: Response, dictionary: Dictionary) -> Response | None:
    """Set the ETag, that of the version; return the answer 304 where the caller has it already."""
    if is_not_modified(request, response, dictionary.version):
        return Response(status_code=304, headers=dict(response.headers))
    return None
