"""The college's part of the dictionary by HTTP: draft, difference, publication."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Path, Response

from datahub.dictionary import queries, usecases
from datahub.dictionary.api.known import Known, Versions
from datahub.dictionary.domain.part import Part, with_code, with_code_set, with_entity
from datahub.dictionary.schemas import (
    CodeSetDraft,
    DifferenceOut,
    DraftOut,
    ExtDraft,
    LabelsDraft,
    ObstacleOut,
    ProblemOut,
    Publication,
    Retirement,
    ReviewOut,
    VersionOut,
)
from datahub.dictionary.usecases import Writer
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.depending import made
from shared.kit.etags import Expect, etag_of
from shared.kit.identity import Caller, current_caller, require

router = new_router(
    prefix="/dictionary/draft",
    tags=["dictionary 数据字典"],
    dependencies=[Depends(require("datahub:admin"))],
)


async def get_writer(expect: Expect, caller: Annotated[Caller, Depends(current_caller)]) -> Writer:
    """Return who changes the draft, and which draft he saw (``If-Match``)."""
    return Writer(caller.subject, expect)


By = Annotated[Writer, Depends(get_writer)]


@dataclass(frozen=True, slots=True)
class Desk:
    """One request that changes the draft."""

    response: Response
    db: Db
    by: By

    async def edit(self, change: Callable[[Part], Part]) -> DraftOut:
        """Change the draft, and answer with it."""
        async with self.db.transaction() as tx:
            draft = await usecases.edit_draft(tx, self.by, change)
        self.response.headers["ETag"] = etag_of(draft.revision)
        return DraftOut.model_validate(draft)


AtDesk = Annotated[Desk, Depends(made(Desk))]


@router.get("", summary="字典草稿")
async def get_draft(response: Response, db: Db) -> DraftOut:
    async with db.transaction() as tx:
        draft = await usecases.get_draft(tx)
    response.headers["ETag"] = etag_of(draft.revision)
    return DraftOut.model_validate(draft)


@router.put("/code-sets/{code_set}", summary="草拟代码集：自有代码集、自有代码、名称")
async def put_draft_code_set(
    desk: AtDesk, dictionary: Known, code_set: str, body: CodeSetDraft
) -> DraftOut:
    usecases.check_code_set_id(dictionary, code_set)
    said = body.model_dump(mode="json", exclude_unset=True)
    return await desk.edit(lambda part: with_code_set(part, code_set, said))


@router.post("/code-sets/{code_set}/codes/{code}/retire", summary="草拟停用代码")
async def retire_draft_code(
    desk: AtDesk,
    dictionary: Known,
    code_set: str,
    code: Annotated[str, Path(examples=["9"])],
    body: Retirement,
) -> DraftOut:
    known = dictionary.code_set(code_set).code(code)
    said = {"code": known.code, "retired": True, **body.model_dump(mode="json", exclude_unset=True)}
    return await desk.edit(lambda part: with_code(part, code_set, said))


@router.put("/entities/{entity}/ext", summary="草拟实体的扩展字段")
async def put_draft_ext(desk: AtDesk, dictionary: Known, entity: str, body: ExtDraft) -> DraftOut:
    known = dictionary.entity(entity).name
    said = body.model_dump(mode="json", exclude_unset=True)
    return await desk.edit(lambda part: with_entity(part, known, {"ext": said["fields"]}))


@router.put("/entities/{entity}/labels", summary="草拟实体与字段的名称")
async def put_draft_labels(
    desk: AtDesk, dictionary: Known, entity: str, body: LabelsDraft
) -> DraftOut:
    known = dictionary.entity(entity).name
    said: dict[str, Any] = body.model_dump(mode="json", exclude_unset=True)
    more = {"zh": said.get("zh"), "en": said.get("en"), "labels": said.get("fields")}
    return await desk.edit(lambda part: with_entity(part, known, more))


@router.get("/diff", summary="草稿与已发布版本的差异")
async def get_draft_diff(db: Db, dictionaries: Versions) -> ReviewOut:
    async with db.transaction() as tx:
        review = await usecases.review_draft(tx, dictionaries)
    return ReviewOut(
        against=review.against.version,
        differences=[DifferenceOut.model_validate(each) for each in review.differences],
        problems=[ProblemOut.model_validate(each) for each in review.problems],
        obstacles=[ObstacleOut.model_validate(each) for each in review.obstacles],
        may={"publish": not review.blocked_by},
        blocked_by=review.blocked_by,
    )


@router.post("/publish", status_code=201, summary="发布草稿")
async def publish_draft(
    response: Response, db: Db, by: By, dictionaries: Versions, body: Publication
) -> VersionOut:
    async with db.transaction() as tx:
        version = await usecases.publish_draft(tx, dictionaries, by, body.note)
        row = await queries.get_version(tx, version)
    dictionaries.forget()
    response.headers["Location"] = f"/v1/dictionary/versions/{version}"
    return VersionOut.model_validate(row)


@router.delete("", status_code=204, summary="放弃草稿")
async def delete_draft(db: Db, by: By) -> None:
    async with db.transaction() as tx:
        await usecases.discard_draft(tx, by)
