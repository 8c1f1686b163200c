"""A committee reviews a document in rounds: comments by clause, votes, outcome, next version."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.datahub import ScopeOwner
from shared.contracts.target import BodyChanged, BodyMember
from shared.kit.clock import now
from shared.kit.sql import text
from spiral_service.domain.reviewing import Vote, outcome_of

PART = frozenset({"spiral:read", "spiral:take-part"})
MEMBERS = ("teacher/T001", "teacher/T002", "teacher/T003")
DUE = now() + timedelta(days=30)


def body(**more: Any) -> dict[str, Any]:
    return {
        "document": "annual-report-2026",
        "kind": "annual_report",
        "title": "年度质量报告",
        "text": "提请审议",
        "scope": "school/1",
        "body": "M142",
        "clauses": [{"clause": "2.2", "text": "问题"}, {"clause": "2.3", "text": "措施"}],
        "invited": ["teacher/E1"],
        "author": "teacher/T003",
        "due_at": DUE.isoformat(),
    } | more


async def committee(world: Any) -> None:
    for scope in ("school/1", "teacher/E1", *MEMBERS):
        await world.scope(scope)
    members = (
        BodyMember(party="person/T001", place="head"),
        BodyMember(party="teacher/T002", place="member"),
        BodyMember(party="teacher/T003", place="member"),
        BodyMember(party="teacher/T009", place="member", until="2020-01-01"),
        BodyMember(party="特聘专家", place="member"),
    )
    told = BodyChanged(
        id="M142",
        version=1,
        title="专家委员会",
        since=None,
        until=None,
        members=members,
        duties=(),
        matrix=(),
    )
    await world.knows(told, key="M142")


async def said(world: Any, who: str, path: str, words: Any, **headers: str) -> Any:
    return await world.post_as(f"person/{who}", f"review-rounds{path}", words, may=PART, **headers)


async def test_who_may_not_and_what_cannot_be_is_refused(world: Any) -> None:
    await committee(world)
    unknown = body(scope="school/9", body="M1", invited=["teacher/X"])
    nobody = await world.post("review-rounds", unknown)
    few = await world.post("review-rounds", body(invited=[]))
    not_head = await said(world, "T002", "", body())
    made = (await said(world, "T001", "", body())).json()
    again = await world.post("review-rounds", body())
    place = f"/{made['id']}"
    approve = {"vote": "approve"}
    author = await said(world, "T003", f"{place}/votes", approve)
    office = await world.post(f"review-rounds{place}/votes", approve)
    silent = await said(world, "T002", f"{place}/votes", {"vote": "reject"})
    strange = await said(world, "T002", f"{place}/comments", {"clause": "9", "text": "不清"})
    await said(world, "T002", f"{place}/comments", {"text": "总体较好"})
    stale = await said(world, "T002", f"{place}/votes", approve, **{"If-Match": '"1"'})
    early = await said(world, "T001", f"{place}/decision", {"summary": "通过"})

    secret = await said(world, "T002", "", unknown)
    assert (secret.status_code, secret.json()["validationErrors"]) == (403, {})
    refused = (nobody, few, not_head, again, author, office, silent, strange, stale, early)
    assert [each.status_code for each in refused] == [
        *(422, 422, 403, 409, 403, 403, 422, 422, 412, 409),
    ]
    assert [each.json()["type"].rpartition(":")[2] for each in (few, again, early)] == [
        *("too-few-members", "review-open", "votes-missing"),
    ]
    assert list(nobody.json()["validationErrors"]) == ["$.scope", "$.body", "$.invited[0]"]
    assert made["members"] == ["teacher/E1", "teacher/T001", "teacher/T002"]
    assert made["may"] == {"comment": True, "vote": True, "answer": True, "decide": False}
    async with world.running.app.state.database.transaction() as tx:
        await tx.session.execute(text("UPDATE review_round SET due_at = now() - interval '1 day'"))
    overdue = await world.get(f"review-rounds/{made['id']}")
    assert (overdue["may"]["decide"], overdue["blockedBy"]) == (True, [])


async def test_a_document_is_changed_and_passes_in_its_second_round(world: Any) -> None:
    await committee(world)
    first = (await world.post("review-rounds", body())).json()
    place = f"/{first['id']}"
    comment = {"clause": "2.2", "text": "补充原因编码", "must": True}
    commented = (await said(world, "T002", f"{place}/comments", comment)).json()
    for who, vote in (("T002", "reject"), ("E1", "abstain"), ("T001", "approve")):
        await said(world, who, f"{place}/votes", {"vote": vote, "reason": "没有编码"})
    decided = (await said(world, "T001", f"{place}/decision", {"summary": "修改后再审"})).json()
    late = await said(world, "E1", f"{place}/votes", {"vote": "approve"})
    blocked = await world.post("review-rounds", body())
    answer = f"{place}/comments/{commented['comments'][0]['id']}/answer"
    not_his = await said(world, "T002", answer, {"answer": "已改"})
    answered = (await said(world, "T003", answer, {"answer": "已补充"})).json()
    second = (await world.post("review-rounds", body(text="已按意见修改"))).json()
    for who in ("T001", "T002", "E1"):
        await said(world, who, f"/{second['id']}/votes", {"vote": "approve"})
    passed = await said(world, "T001", f"/{second['id']}/decision", {"summary": "通过"})

    counts = {"approve": 1, "approve_with_changes": 0, "reject": 1, "abstain": 1}
    assert (decided["outcome"], decided["counts"]) == ("rejected", counts)
    assert decided["blockedBy"] == ["意见未答复 (not answered): 补充原因编码"]
    assert [each.status_code for each in (late, blocked, not_his)] == [409, 409, 403]
    assert blocked.json()["type"].endswith("comments-unanswered")
    # The author sees no names of voters.
    assert (answered["comments"][0]["answered_by"], answered["votes"]) == ("person/T003", [])
    assert (second["number"], passed.json()["outcome"]) == (2, "passed")
    facts = [each["data"] for each in await world.facts(2, "review_round")]
    assert [(each["number"], each["outcome"], each["demands"]) for each in facts] == [
        (1, "rejected", 1),
        (2, "passed", 0),
    ]
    assert facts[0]["votes"] == counts


async def test_who_leads_the_unit_that_wrote_a_document_does_not_vote_on_it(world: Any) -> None:
    await committee(world)
    await world.scope("unit/U1", owners=(ScopeOwner(role="unit_head", person="teacher/T001"),))
    made = (await world.post("review-rounds", body(author="unit/U1"))).json()

    assert made["members"] == ["teacher/E1", "teacher/T002", "teacher/T003"]


async def test_each_member_finds_his_vote_on_the_work_list(world: Any, until: Any) -> None:
    await committee(world)
    made = (await world.post("review-rounds", body())).json()

    asked = await world.work_facts("workitem.assigned", 4)

    async def waits() -> Any:
        every = await world.get("work-items", mine=False, scope="school/1")
        return sorted((each["kind"], each["step"].rpartition("/")[2]) for each in every)

    await until(waits, lambda all_: len(all_) == 4)
    await said(world, "T002", f"/{made['id']}/votes", {"vote": "approve"})
    left = await until(waits, lambda all_: len(all_) == 3)

    assert sorted((each["kind"], *each["persons"]) for each in asked) == [
        ("approval", "teacher/T001"),
        ("review", "teacher/E1"),
        ("review", "teacher/T001"),
        ("review", "teacher/T002"),
    ]
    assert left == [("approval", "decision"), ("review", "E1"), ("review", "T001")]


@pytest.mark.parametrize(
    ("members", "votes", "outcome"),
    [
        (3, ["approve"], "no_quorum"),
        (3, ["approve", "approve"], "passed"),
        (3, ["approve", "reject"], "rejected"),
        (3, ["approve", "approve_with_changes", "reject"], "passed_with_changes"),
        (6, ["approve", "approve", "abstain", "abstain"], "rejected"),
    ],
)
def test_two_thirds_of_the_members_decide_by_two_thirds(
    members: int, votes: list[Any], outcome: str
) -> None:
    cast = [
        Vote(round=UUID(int=0), member=f"teacher/{at}", vote=each, reason="", at=DUE)
        for at, each in enumerate(votes)
    ]
    assert outcome_of([str(each) for each in range(members)], cast) == outcome
