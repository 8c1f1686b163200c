"""Assessment runs from HTTP to results, objections, decisions and the published fact."""

from typing import Any

from httpx import Response

from shared.contracts.datahub import ScopeOwner
from shared.contracts.target import AssessmentPublished
from shared.kit.identity import Caller

YEAR = "year:2096"
RATE = {
    "key": "rate",
    "title": "课程通过率",
    "takes": "indicator",
    "of": "pass_rate",
    "rule": {"rule": "capped_ratio", "qualified": {"op": ">=", "value": "0.8"}},
    "weight": "0.6",
}
LAW = {
    "key": "law",
    "title": "依法治校",
    "takes": "tally",
    "rule": {"rule": "deduction", "full": "1", "deductions": {"complaint": "0.25"}},
    "weight": "0.1",
}
MARKS = {
    "key": "marks",
    "title": "民主测评",
    "takes": "marks",
    "weight": "0.3",
    "sources": [
        {"rater": "peers", "weight": "0.5", "minimum": 2},
        {"rater": "leader", "weight": "0.5"},
    ],
}
SCHEME = {
    "key": "departments",
    "title": "部门年度考核方案",
    "purpose": "department",
    "kind": "unit",
    "items": [RATE, MARKS, LAW],
    "grades": [{"name": "优秀", "from": 90}, {"name": "合格", "from": 60}],
    "ranked": True,
    "objection_days": 1,
}
DEPT = "assessment-runs/dept-2096"
RUN = {"key": "dept-2096", "title": "2096 年部门考核", "scheme": "departments", "period": YEAR}


async def ask(
    desk: Any, who: str, method: str, path: str, body: Any = None, scopes: str = "target:*"
) -> Response:
    """Ask as a person, or a ``system/``, with some permissions."""
    caller = Caller(
        subject=who if "/" in who else f"person/{who}", scopes=frozenset(scopes.split())
    )
    token = desk.signer.sign(caller, "target")
    response: Response = await desk.running.client.request(
        method, f"/v1/{path}", json=body, headers={"authorization": f"Bearer {token}"}
    )
    return response


async def done(desk: Any, who: str, path: str, body: Any = None) -> Any:
    answer = await ask(desk, who, "POST", path, body)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def open_run(desk: Any, scheme: dict[str, Any], run: dict[str, Any], *steps: str) -> None:
    """Draft a scheme, let another person approve it, open a run and take it on."""
    await done(desk, "A", "assessment-schemes", scheme)
    await done(desk, "B", f"assessment-schemes/{scheme['key']}/approval")
    await done(desk, "A", "assessment-runs", run)
    for step in steps:
        await done(desk, "A", f"assessment-runs/{run['key']}/steps", {"step": step})


async def refuse(desk: Any, who: str, path: str) -> None:
    """Expect that somebody who may read finds nothing there."""
    assert (await ask(desk, who, "GET", path, scopes="target:read")).status_code == 404


async def let_days_pass(desk: Any) -> None:
    """Let the days for objections be over."""
    async with desk.running.app.state.database.engine.begin() as connection:
        await connection.exec_driver_sql(
            "UPDATE assessment_run SET objections_until = objections_until - 1"
        )


def mark(source: str, rater: str, given: str) -> dict[str, str]:
    told = {"subject": "unit/U1", "item": "marks", "source": source, "rater": rater}
    return told | {"mark": given}


async def announce(desk: Any) -> None:
    """Bring a department with a value, marks and a complaint to the announcement."""
    await desk.handled(await desk.measure("0.6", 1, scope="unit/U1", period=YEAR))
    await open_run(desk, SCHEME, RUN, "collect")
    marks = [mark("peers", "a", "80"), mark("peers", "b", "90"), mark("leader", "person/A", "75")]
    await done(desk, "A", f"{DEPT}/marks", {"marks": marks})
    event = {"subject": "unit/U1", "item": "law", "ref": "2096-01", "what": "complaint"}
    await done(desk, "A", f"{DEPT}/tallies", {"tallies": [event]})
    for step in ("compute", "review"):
        await done(desk, "A", f"{DEPT}/steps", {"step": step})


async def test_who_takes_part_hands_in_his_own_marks_of_whom_he_leads(desk: Any) -> None:
    head = (ScopeOwner(role="unit_head", person="teacher/T9"),)
    await desk.handled(await desk.scope("unit/U1", seq=2, owners=head))
    await open_run(desk, SCHEME, RUN, "collect")

    async def give(who: str, *given: Any) -> Any:
        body = {"marks": list(given)}
        return await ask(desk, who, "POST", f"{DEPT}/marks", body, scopes="target:take-part")

    mine = await give("T9", mark("leader", "person/T9", "75"))
    others = await give("T8", mark("leader", "person/T8", "75"), mark("peers", "person/T8", "80"))
    of_another = await give("T9", mark("leader", "person/T8", "75"))
    nobody = mark("leader", "person/T8", "75") | {"subject": "unit/U9"}
    unknown = await give("T8", nobody)
    by_system = await give("system/survey", mark("leader", "person/T9", "95"))

    assert mine.json() == {"taken": 1}
    assert set(others.json()["validationErrors"]) == {"$.marks[0].source", "$.marks[1].source"}
    assert set(of_another.json()["validationErrors"]) == {"$.marks[0].rater"}
    assert set(unknown.json()["validationErrors"]) == {"$.marks[0].source"}
    assert set(by_system.json()["validationErrors"]) == {"$.marks[0].source"}


async def test_a_result_is_explained_down_to_the_indicator(desk: Any) -> None:
    run = DEPT
    await announce(desk)

    explained = await desk.get(f"{run}/results/unit/U1")

    # 0.6 ÷ 0.8 = 0.75 × 60; (85 + 75) ÷ 2 = 80 % × 30; 1 − 0.25 = 0.75 × 10.
    assert [each["points"] for each in explained["lines"]] == ["45", "24", "7.5"]
    assert (explained["points"], explained["coverage"], explained["grade"]) == ("76.5", "1", "合格")
    assert explained["lines"][0]["parts"] == [
        {
            "scope": "unit/U1",
            "period": YEAR,
            "value": "0.6",
            "numerator": None,
            "denominator": None,
            "weight": 1,
            "source": {
                "indicator": "pass_rate",
                "formula_version": 1,
                "seq": 1,
                "coverage": "1",
                "reason": None,
            },
        }
    ]
    # Two peers only: nobody but the holder of the permission is told what they said.
    assert explained["lines"][1]["marks"]["peers"] == {"count": 2, "mean": "85"}
    closed = await ask(desk, "C", "GET", f"{run}/results/unit/U1", scopes="target:read")
    assert closed.json()["lines"][1]["marks"] is None


async def test_what_is_published_follows_the_values_and_is_frozen_then(desk: Any) -> None:
    run = DEPT
    await announce(desk)
    await done(desk, "D", f"{run}/objections", {"subject": "unit/U1", "reason": "数据有误"})
    early = await ask(desk, "B", "POST", f"{run}/publication", {})
    own = await ask(
        desk, "D", "POST", f"{run}/objections/1/answer", {"upheld": True, "answer": "x"}
    )
    await done(desk, "B", f"{run}/objections/1/answer", {"upheld": True, "answer": "已更正"})
    await desk.handled(await desk.measure("0.8", 2, scope="unit/U1", period=YEAR))
    announced = await ask(desk, "B", "POST", f"{run}/publication", {})
    await let_days_pass(desk)
    late = await ask(desk, "D", "POST", f"{run}/objections", {"subject": "unit/U1", "reason": "x"})
    same_hand = await ask(desk, "A", "POST", f"{run}/publication", {})
    await done(desk, "B", f"{run}/publication", {"reason": "会议通过"})

    assert [each.status_code for each in (own, announced, late, same_hand)] == [403, 409, 409, 403]
    assert early.json()["fixes"][1] == "1 条异议未答复 (objections without an answer)"
    assert "公示至" in announced.json()["fixes"][0]
    (fact,) = await desk.until(lambda: desk.facts("assessment.published"))
    assert AssessmentPublished.model_validate(fact).items[0].points == "91.5"
    assert (fact["items"][0]["grade"], fact["items"][0]["place"]) == ("优秀", 1)


async def test_what_is_published_is_frozen_and_follows_from_what_was_kept(desk: Any) -> None:
    run = DEPT
    await announce(desk)
    await let_days_pass(desk)
    await done(desk, "B", f"{run}/publication", {})

    await desk.handled(await desk.measure("0.1", 3, scope="unit/U1", period=YEAR))
    frozen = await ask(desk, "A", "POST", f"{run}/marks", {"marks": [mark("peers", "a", "1")]})
    assert frozen.status_code == 409
    assert (await desk.get(f"{run}/results"))[0]["points"] == "76.5"
    assert await desk.get(f"{run}/verification") == {"same": True, "differs": []}
    acts = await desk.get(f"{run}/acts")
    assert [each["act"] for each in acts] == [
        *("open", "collect", "marks", "tallies", "compute", "review", "publish")
    ]
    sheet = await desk.get(f"{run}/documents/sheet")
    assert sheet["title_zh"] == "2096 年部门考核 任务考核表"
    assert [(row["item"], row["points"]) for row in sheet["rows"]] == [
        ("rate", "45"),
        ("marks", "24"),
        ("law", "7.5"),
    ]
    breakdown = await desk.get(f"{run}/documents/breakdown")
    assert [row["weight"] for row in breakdown["rows"]] == ["0.6", "0.3", "0.1"]
    assert (await desk.get(f"{run}/documents/result"))["rows"][0]["grade"] == "合格"


async def test_what_waits_for_another_person_is_a_step(desk: Any) -> None:
    await desk.handled(await desk.scope("school/14365"))
    await announce(desk)
    await done(desk, "D", f"{DEPT}/objections", {"subject": "unit/U1", "reason": "数据有误"})
    answer = {"upheld": False, "answer": "数据无误"}
    await done(desk, "B", f"{DEPT}/objections/1/answer", answer)

    async def told() -> tuple[list[Any], list[Any]] | None:
        opened, closed = [await desk.facts(f"target.step.{each}") for each in ("opened", "closed")]
        return (opened, closed) if (len(opened), len(closed)) == (6, 5) else None

    opened, closed = await desk.until(told)
    run = "target/assessment-run/dept-2096"
    assert [(each["step"], each["how"]) for each in closed] == [
        ("target/assessment-scheme/departments@1", "approved"),
        *((f"{run}/{number}", "moved") for number in (1, 2, 3)),
        ("target/assessment-objection/dept-2096/1", "rejected"),
    ]
    names = ("title_zh", "permission", "owners", "not_by")
    assert [tuple(each[name] for name in names) for each in opened] == [
        ("批准考核方案：部门年度考核方案", "target:approve", [], "person/A"),
        ("启动考核：2096 年部门考核", "target:write", ["teacher/A"], ""),
        ("收齐评分并计算：2096 年部门考核", "target:write", ["teacher/A"], ""),
        ("公示考核结果：2096 年部门考核", "target:write", ["teacher/A"], ""),
        ("公布考核结果：2096 年部门考核", "target:approve", [], "person/A"),
        ("答复异议：2096 年部门考核", "target:approve", [], "person/D"),
    ]
    assert {each["link"] for each in opened[1:]} == {"/assessments/dept-2096"}


async def test_everything_wrong_is_told_at_once_and_nothing_is_taken(desk: Any) -> None:
    items = [RATE | {"weight": "0.33333", "of": "pass_rat"}, MARKS | {"sources": []}, LAW]
    scheme = await desk.put("assessment-schemes", SCHEME | {"items": items})
    own = await desk.put("assessment-schemes", SCHEME)
    approved = await desk.put("assessment-schemes/departments/approval", {})
    unapproved = await desk.put("assessment-runs", RUN)
    await done(desk, "B", "assessment-schemes/departments/approval")
    await desk.handled(await desk.indicator("pass_rate", "ratio", 2, (("unit", "term"),)))
    unmeasured = await desk.put("assessment-runs", RUN)
    await desk.handled(await desk.indicator("pass_rate", "ratio", 3, (("unit", "year"),)))
    subjects = [{"subject": "unit/U1"}, {"subject": "unit/U1"}, {"subject": "major/M1"}]
    run = await desk.put("assessment-runs", RUN | {"subjects": [*subjects, {"subject": "unit/X"}]})
    await done(desk, "A", "assessment-runs", RUN)
    early = await desk.put("assessment-runs/dept-2096/marks", {"marks": [mark("peers", "a", "1")]})
    await done(desk, "A", "assessment-runs/dept-2096/steps", {"step": "collect"})
    marks = [mark("peers", "a", "80"), mark("students", "b", "101"), mark("self", "c", "90")]
    marks.append(mark("peers", "d", "80") | {"item": "law", "subject": "unit/U9"})
    wrong = await desk.put("assessment-runs/dept-2096/marks", {"marks": marks})

    assert scheme.status_code == 422
    assert set(scheme.json()["validationErrors"]) == {
        "$.items",
        "$.items[0].of",
        "$.items[1].sources",
    }
    assert (own.status_code, approved.status_code) == (201, 403)
    assert set(unapproved.json()["validationErrors"]) == {"$.scheme"}
    assert unmeasured.json()["validationErrors"] == {
        "$.period": [
            (
                "指标 pass_rate 不按 year 计量，只有 unit（term）"
                " (pass_rate is not measured for year, only for unit by term)"
            )
        ]
    }
    assert set(run.json()["validationErrors"]) == {
        "$.subjects[1].subject",
        "$.subjects[2].subject",
        "$.subjects[3].subject",
    }
    assert early.status_code == 409
    assert wrong.json()["type"] == "urn:helix8:problem:assessment-input"
    assert set(wrong.json()["validationErrors"]) == {
        "$.marks[1].mark",
        "$.marks[1].source",
        "$.marks[2].rater",
        "$.marks[2].source",
        "$.marks[3].item",
        "$.marks[3].subject",
    }
    assert (await desk.get("assessment-runs/dept-2096"))["marks"] == 0


async def object_in_vain(desk: Any, path: str, who: str) -> None:
    """Object to one's own result, which is answered."""
    said = {"subject": f"teacher/{who}", "reason": "漏计一门课"}
    await done(desk, who, f"{path}/objections", said)
    await done(desk, "B", f"{path}/objections/1/answer", {"upheld": False, "answer": "已计入"})
    await let_days_pass(desk)


async def acts_as_told(desk: Any, path: str, who: str) -> list[list[Any]]:
    acts = (await ask(desk, who, "GET", f"{path}/acts", scopes="target:read")).json()
    return [[each[name] for name in ("act", "by", "detail")] for each in acts]


async def test_a_selection_of_persons_takes_consent_and_leaves_a_tie_to_people(desk: Any) -> None:
    scheme = {
        "key": "masters",
        "title": "教学名师遴选",
        "purpose": "selection",
        "kind": "teacher",
        "items": [RATE | {"weight": "1"}],
        "ranked": True,
        "quota": 1,
        "opt_in": True,
        "objection_days": 1,
    }
    run = RUN | {"key": "masters-2096", "scheme": "masters"}
    path = "assessment-runs/masters-2096"
    owners = (ScopeOwner(role="unit_head", person="teacher/H1"),)
    told = [await desk.scope("unit/U1", 2, owners=owners)]
    for person in ("T002", "T003"):
        told += [await desk.scope(f"teacher/{person}", 1, parents=("unit/U1",))]
    for seq, person in enumerate(("T001", "T002", "T003"), start=1):
        told.append(await desk.measure("0.8", seq, scope=f"teacher/{person}", period=YEAR))
    for each in told:
        await desk.handled(each)
    await done(desk, "A", "assessment-schemes", scheme)
    for person in ("T002", "T003"):
        agreed = await ask(
            desk, person, "POST", "assessment-schemes/masters/consent", {"given": True}
        )
        assert agreed.status_code == 204
    await open_run(desk, scheme, run, "compute", "review")

    async def seen(who: str) -> list[tuple[str, int | None, str | None]]:
        listed = await ask(desk, who, "GET", f"{path}/results", scopes="target:read")
        return [(each["subject"], each["place"], each["choice"]) for each in listed.json()]

    assert await seen("T001") == [("teacher/T001", None, None)]
    assert await seen("H1") == [("teacher/T002", 1, "tied"), ("teacher/T003", 1, "tied")]
    assert await seen("X") == []
    await refuse(desk, "X", f"{path}/results/teacher/T002")

    await object_in_vain(desk, path, "T001")
    undecided = await ask(desk, "B", "POST", f"{path}/publication", {})
    decisions = [
        {"subject": "teacher/T002", "decision": "confirmed", "reason": "评委会投票"},
        {"subject": "teacher/T003", "decision": "declined", "reason": "评委会投票"},
    ]
    needless = [*decisions, {"subject": "teacher/T001", "decision": "confirmed", "reason": "x"}]
    refused = await ask(desk, "B", "POST", f"{path}/decisions", {"decisions": needless})
    await done(desk, "B", f"{path}/decisions", {"decisions": decisions})
    await done(desk, "B", f"{path}/publication", {})

    assert (undecided.json()["fixes"], [*refused.json()["validationErrors"]]) == (
        ["2 个并列或提名未决定 (ties or nominations to be decided)"],
        ["$.decisions[2].subject"],
    )
    assert (await acts_as_told(desk, path, "X"))[-6:-3] == [
        *(["review", "person/A", {}], ["object", "", {}], ["answer", "person/B", {}])
    ]
    assert await seen("X") == [("teacher/T002", 1, "tied"), ("teacher/T003", 1, "tied")]
    (fact,) = await desk.until(lambda: desk.facts("assessment.published"))
    assert (fact["count"], fact["items"]) == (3, [])


CLASSROOM = {
    "key": "class",
    "title": "课堂教学质量",
    "takes": "marks",
    "weight": "1",
    "sources": [
        {"rater": "students", "weight": "0.5"},
        {"rater": "peers", "weight": "0.3"},
        {"rater": "supervision", "weight": "0.2"},
    ],
    "checklist": [
        {"key": "aim", "title": "目标明确", "points": "40"},
        {"key": "work", "title": "学生参与", "points": "60"},
    ],
}


async def test_a_course_is_evaluated_by_who_sees_it_taught_with_a_checklist(desk: Any) -> None:
    scheme = {
        "key": "courses",
        "title": "课程教学质量评价",
        "purpose": "evaluation",
        "kind": "course",
        "items": [CLASSROOM],
    }
    run = RUN | {"key": "courses-2096", "scheme": "courses", "subjects": [{"subject": "course/C1"}]}
    await open_run(desk, scheme, run, "collect")
    path = "assessment-runs/courses-2096"
    given = {"students": ("36", "54"), "peers": ("30", "50"), "supervision": ("35", "50.5")}
    marks = [
        {"subject": "course/C1", "item": "class", "source": source, "rater": source}
        | {"checklist": {"aim": aim, "work": work}}
        for source, (aim, work) in given.items()
    ]
    beyond = marks[0] | {"checklist": {"aim": "41", "style": "1"}}

    refused = await desk.put(f"{path}/marks", {"marks": [beyond]})
    await done(desk, "A", f"{path}/marks", {"marks": marks})
    await done(desk, "A", f"{path}/steps", {"step": "compute"})
    explained = await desk.get(f"{path}/results/course/C1")

    assert set(refused.json()["validationErrors"]) == {
        f"$.marks[0].checklist.{each}" for each in ("aim", "style", "work")
    }
    # 0.5 × 90 + 0.3 × 80 + 0.2 × 85.5.
    assert explained["points"] == "86.1"
    means = {source: told["mean"] for source, told in explained["lines"][0]["marks"].items()}
    assert means == {"students": "90", "peers": "80", "supervision": "85.5"}


async def test_a_cadre_is_assessed_by_the_years_of_his_unit_in_his_term(desk: Any) -> None:
    for seq, (year, told) in enumerate({"2095": "0.4", "2096": "0.8"}.items(), start=1):
        period = f"year:{year}"
        await desk.handled(await desk.measure(told, seq, scope="unit/U1", period=period))
        run = {"key": f"dept-{year}", "title": year, "scheme": "departments", "period": period}
        scheme = SCHEME | {"items": [RATE | {"weight": "1"}], "objection_days": 0}
        await open_run(desk, scheme, run, "compute", "review")
        await done(desk, "B", f"assessment-runs/dept-{year}/publication", {})
    cadres = {
        "key": "cadres",
        "title": "干部任期考核",
        "purpose": "cadre",
        "kind": "teacher",
        "items": [
            {
                "key": "unit",
                "title": "部门年度考核",
                "takes": "result",
                "of": "departments",
                "weight": "1",
            }
        ],
    }
    subject = {"subject": "teacher/T001", "stands_for": ["unit/U1"], "since": "2095-07-02"}
    run = {"key": "cadres-2096", "title": "任期", "scheme": "cadres", "period": "plan:2095-2096"}
    await done(desk, "A", "assessment-schemes", cadres)
    await done(desk, "B", "assessment-schemes/cadres/approval")
    endless = await desk.put("assessment-runs", run | {"subjects": [subject]})
    await done(
        desk, "A", "assessment-runs", run | {"subjects": [subject | {"until": "2097-01-01"}]}
    )
    await done(desk, "A", "assessment-runs/cadres-2096/steps", {"step": "compute"})

    explained = await desk.get("assessment-runs/cadres-2096/results/teacher/T001")

    assert set(endless.json()["validationErrors"]) == {"$.subjects[0].until"}
    # 183 days of 2095 at 50 points, the 366 days of 2096 at 100: (183·50 + 366·100) ÷ 549.
    assert explained["points"] == "83.333333"
    assert [(p["period"], p["weight"], p["value"]) for p in explained["lines"][0]["parts"]] == [
        ("year:2095", 183, "0.5"),
        ("year:2096", 366, "1"),
    ]


async def test_majors_are_warned_with_reasons_and_people_decide(desk: Any) -> None:
    clause = {"item": "rate", "limit": {"op": "<", "value": "0.6"}}
    scheme = {
        "key": "majors",
        "title": "专业设置动态调整",
        "purpose": "adjustment",
        "kind": "major",
        "basis": "专业设置动态调整机制",
        "items": [RATE | {"weight": "0", "rule": None}],
        "conditions": [{"title": "通过率过低", "verdict": "red", "clauses": [clause]}],
        "objection_days": 0,
    }
    run = RUN | {"key": "majors-2096", "scheme": "majors"}
    await desk.handled(await desk.measure("0.5", 1, scope="major/M1", period=YEAR))
    await open_run(desk, scheme, run, "compute", "review")

    proposal = await desk.get("assessment-runs/majors-2096/documents/proposal")

    (row,) = proposal["rows"]
    assert (row["subject"], row["verdicts"], row["decision"]) == ("major/M1", ["red"], None)
    assert row["reasons"] == [
        {
            "condition": "通过率过低",
            "verdict": "red",
            "item": "rate",
            "facet": "value",
            "limit": "< 0.6",
            "found": "0.5",
            "holds": True,
        }
    ]
    run = await desk.get("assessment-runs/majors-2096")
    assert run["blockedBy"] == ["1 个并列或提名未决定 (ties or nominations to be decided)"]
    path, rights = "assessment-runs/majors-2096", "target:read target:approve"
    head = (await ask(desk, "H", "GET", path, scopes=rights)).json()
    assert (run["may"], head["may"]) == ({"decide": True}, {"decide": False})


async def test_a_case_of_accountability_shows_its_persons_to_few(desk: Any) -> None:
    basis = {"key": "M066", "title": "监督问责办法"}
    await done(desk, "A", "basis-documents", basis)
    case = {
        "key": "case-1",
        "title": "数据失实",
        "scope": "unit/U1",
        "opened_on": "2096-03-01",
        "basis": {"document": "M066"},
        "facts": "上报数据与原始记录不符",
        "persons": ["teacher/T001"],
    }
    wrong = case | {
        "status": "decided",
        "persons": ["teacher/T001", "teacher/T9"],
        "decided_by": "teacher/T001",
        "decided_on": "2096-02-01",
    }

    refused = await desk.put("accountability", wrong)
    await done(desk, "A", "accountability", case)
    shown = await desk.get("accountability/case-1")
    closed = (await ask(desk, "C", "GET", "accountability", scopes="target:read")).json()[0]

    assert set(refused.json()["validationErrors"]) == {
        "$.decision",
        "$.decided_by",
        "$.decided_on",
        "$.persons[1]",
    }
    assert (shown["document"]["persons"], shown["hidden"]) == (["teacher/T001"], [])
    assert closed["hidden"] == ["facts", "persons"]
    assert "T001" not in str(closed["document"])


async def test_an_internal_control_tells_what_is_open_and_overdue(desk: Any) -> None:
    def point(key: str, **more: Any) -> dict[str, Any]:
        return {"key": key, "text": "采购审批"} | more

    late = point("2", finding="无审批单", owner="unit/U1", due_on="2020-01-01")
    checklist = {
        "key": "u1-2096",
        "title": "采购内控",
        "scope": "unit/U1",
        "period": YEAR,
        "controls": [
            point("1"),
            late,
            point("3", finding="缺签字", owner="unit/U1", due_on="2199-01-01"),
            point(
                "4", finding="缺发票", owner="unit/U1", due_on="2020-01-01", done_on="2020-01-01"
            ),
        ],
    }

    refused = await desk.put(
        "internal-controls", checklist | {"controls": [point("1"), point("1", finding="x")]}
    )
    made = await done(desk, "A", "internal-controls", checklist)

    assert set(refused.json()["validationErrors"]) == {
        "$.controls[1].key",
        "$.controls[1].owner",
        "$.controls[1].due_on",
    }
    assert made["follows"] == {"open": ["2", "3"], "overdue": ["2"]}


async def test_what_was_recognised_as_excellent_is_registered_by_level_and_year(desk: Any) -> None:
    entry = {
        "key": "gold-c1",
        "title": "精品在线开放课程",
        "scope": "course/C1",
        "kind": "online",
        "level": "provincial",
        "year": 2096,
        "certificate": "2096-12",
    }

    unknown = await desk.put("excellence", entry | {"scope": "course/NO"})
    await done(desk, "A", "excellence", entry)

    assert set(unknown.json()["validationErrors"]) == {"$.scope"}
    assert (await desk.get("excellence"))[0]["document"]["level"] == "provincial"


async def test_a_small_team_is_seen_by_its_members_and_each_sees_his_own_value(desk: Any) -> None:
    scheme = {
        "key": "teams",
        "title": "教学团队",
        "purpose": "evaluation",
        "kind": "team",
        "items": [RATE | {"weight": "1", "gather": "mean"}],
    }
    team = {"subject": "team/python", "stands_for": ["teacher/T001", "teacher/T002"]}
    told = [await desk.scope("teacher/T002")]
    for seq, (person, value) in enumerate({"T001": "0.4", "T002": "0.8"}.items(), start=1):
        told += [await desk.measure(value, seq, scope=f"teacher/{person}", period=YEAR)]
    for each in told:
        await desk.handled(each)
    run = RUN | {"key": "teams-2096", "scheme": "teams", "subjects": [team]}
    await open_run(desk, scheme, run, "compute")
    path = "assessment-runs/teams-2096/results/team/python"

    mine = await ask(desk, "T001", "GET", path, scopes="target:read")

    await refuse(desk, "X", path)
    # The mean is 0.6, of 0.8 that is 75 %.
    assert mine.json()["points"] == "75"
    assert [each["scope"] for each in mine.json()["lines"][0]["parts"]] == ["teacher/T001"]
    assert len((await desk.get(path))["lines"][0]["parts"]) == 2


GOALS = {"key": "goals", "title": "年度目标达成", "takes": "goals", "weight": "0.6"}
TASKS = {"key": "tasks", "title": "年度任务完成", "takes": "tasks", "weight": "0.4"}
BY_PLAN = {"key": "of-plan", "title": "专项规划", "takes": "goals", "of": "p1", "weight": "0"}


async def state_goals(desk: Any) -> None:
    """Put goals of a unit for a year: half attained, without data, within another, and a draft."""
    about = {"scope": "unit/U1", "period": YEAR, "indicator": "papers"}
    target = {"target": {"op": ">=", "value": "12"}}
    for key, more in (("half", target), ("part", {"parent": "half"}), ("none", {}), ("draft", {})):
        await done(desk, "A", "goals", {**about, "key": key, "title": key, **more})
    bound = {**about, "key": "b-half", "title": "论文", "goal": "half"}
    await done(desk, "A", "bindings", bound)
    async with desk.running.app.state.database.engine.begin() as connection:
        # How a goal is taken over is tested where goals are.
        await connection.exec_driver_sql(
            "UPDATE goal SET state = 'accepted' WHERE key IN ('half', 'part', 'none')"
        )
    cell = {"indicator": "papers", "scope": "unit/U1", "period": YEAR}
    await desk.handled(await desk.measure("6", 1, **cell))


async def do_tasks(desk: Any) -> None:
    """Put tasks of a unit in a year: one done, one not, a draft; and one of the year after."""
    about = {"kind": "routine", "system": "generation", "scope": "unit/U1", "owner": "teacher/T001"}
    for key, year in (("done", 2096), ("late", 2096), ("plan", 2096), ("next", 2097)):
        days = {"starts_on": f"{year}-01-01", "ends_on": f"{year}-12-31"}
        await done(desk, "A", "tasks", {**about, **days, "key": key, "title": key})
        for step in ("issue", "accept") if key != "plan" else ():
            await done(desk, "A", f"tasks/{key}/{step}")
    await done(desk, "A", "tasks/done/reports", {"progress": 1, "said": "完成"})
    await done(desk, "B", "tasks/done/reports/1/approve")


async def test_departments_are_assessed_by_their_goals_and_tasks(desk: Any) -> None:
    plan = {"key": "p1", "kind": "year", "title": "计划", "period": YEAR, "scope": "unit/U1"}
    await done(desk, "A", "plans", plan)
    await state_goals(desk)
    await do_tasks(desk)
    scheme = {**SCHEME, "items": [GOALS, TASKS, BY_PLAN], "conditions": []}
    await open_run(desk, scheme, RUN, "collect", "compute")

    explained = await desk.get(f"{DEPT}/results/unit/U1")

    # 6 ÷ 12 of the one goal with data × 60; 1 of 2 tasks × 40; no goal belongs to the plan.
    assert [each["points"] for each in explained["lines"]] == ["30", "20", None]
    assert explained["points"] == "50"
    [goals], [tasks], [of_plan] = (line["parts"] for line in explained["lines"])
    assert [(each["goal"], each["attainment"]) for each in goals["source"]["goals"]] == [
        ("half", "0.500000"),
        ("none", None),
    ]
    assert [(each["task"], each["state"]) for each in tasks["source"]["tasks"]] == [
        ("done", "done"),
        ("late", "accepted"),
    ]
    assert (tasks["numerator"], tasks["denominator"], of_plan["value"]) == ("1", "2", None)
    verified = await ask(desk, "A", "GET", f"{DEPT}/verification")
    assert verified.json()["same"] is True


async def test_an_item_of_goals_names_a_plan_that_is_there(desk: Any) -> None:
    wrong = {**SCHEME, "items": [GOALS | {"of": "p9", "rule": RATE["rule"]}, TASKS]}

    refused = await ask(desk, "A", "POST", "assessment-schemes", wrong)

    assert refused.status_code == 422
    assert sorted(refused.json()["validationErrors"]) == ["$.items[0].of", "$.items[0].rule"]
