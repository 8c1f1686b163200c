"""The report centre and the reviews on services that stand in, and the pure rules behind them."""

from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from gateway.portal.domain import report_forms, report_text, review_forms

CAMPUS = ZoneInfo("Asia/Shanghai")
EVIL = '"><img src=x onerror=alert(1)>'
AT = "2026-11-20T08:00:00Z"
ID = "01a21a87-59d1-7cee-bbf6-9c57df643b6e"
OTHER = "01a21a87-59d1-7cee-bbf6-9c57df643b6f"
PLACE = f"diagnosis/{EVIL}/cause"
SCREENS = (
    "/reports",
    "/reports?kind=self_diagnosis&state=draft&scope=school/19001&period=year:2026&page=2",
    f"/reports/{ID}",
    f"/reports/{ID}?remade=1&place=conclusion",
    "/report-batches",
    f"/report-batches/{ID}",
    "/reviews",
    f"/reviews/{ID}",
)
BLANK = {"text": "待填写", "kind": "blank", "place": "conclusion", "limit": 200}
TYPED = {"text": EVIL, "kind": "typed", "place": PLACE, "limit": 200}
BOUND = {"text": EVIL, "kind": "bound", "exact": EVIL, "note": 1}
TABLE = {
    "block": "table",
    "key": "t",
    "caption": EVIL,
    "columns": [
        {"key": "l", "title": "等级"},
        {"key": "p", "title": "点"},
        {"key": "c", "title": "原因", "right": True},
    ],
    "rows": [
        {
            "key": "r",
            "cells": [
                [{"text": "黄", "kind": "tag", "tone": EVIL}],
                [{"text": "生师比"}, {"text": EVIL, "kind": "soft"}],
                [TYPED],
            ],
        }
    ],
}
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="alert(1)">'
    '<script>alert(1)</script><rect x="1" style="x" fill="#fff"/>'
    '<a href="javascript:alert(1)"><text>x</text></a><text x="1">甲 &lt;b&gt;</text></svg>'
)
SECTION = {
    "key": "conclusion",
    "title": EVIL,
    "blocks": [
        {"block": "heading", "text": EVIL},
        {"block": "paragraph", "spans": [BLANK, BOUND]},
        {"block": "bullets", "items": [[BOUND]]},
        {"block": "terms", "entries": [{"label": EVIL, "spans": [BOUND]}]},
        TABLE,
        {"block": "table", "key": "e", "caption": EVIL, "columns": [], "rows": [], "empty": EVIL},
        {"block": "chart", "key": "c", "kind": "bar", "caption": EVIL, "svg": SVG, "said": EVIL},
    ],
}
NOTE = {"number": 1, "kind": EVIL, "key": EVIL, "version": 1, "text": EVIL, "stated_at": EVIL}
CONTENT = {
    "cover": {"digest": EVIL, "signers": [EVIL]},
    "sections": [SECTION],
    "notes": [NOTE | {"link": f"javascript:{EVIL}"}],
}


def report(**more: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "number": EVIL,
        "scope": "school/19001",
        "scope_name": EVIL,
        "period": "term:2026-2027-1",
        "title": EVIL,
        "template": "self_diagnosis",
        "template_version": 5,
        "as_of": AT,
        "digest": EVIL,
        "created_at": AT,
        "created_by": EVIL,
        "state": "draft",
        "due_at": AT,
    } | more


def draft(**more: Any) -> dict[str, Any]:
    acts = ("write", "submit", "send_back", "review", "sign", "issue")
    return {
        "state": "draft",
        "version": 7,
        "owner": EVIL,
        "cycle": EVIL,
        "due_at": AT,
        "submitted_by": EVIL,
        "reason": EVIL,
        "texts": {PLACE: EVIL, "conclusion": ""},
        "places": {PLACE: 200, "conclusion": 200},
        "signatures": {EVIL: EVIL},
        "files": {"pdf": "ab" * 32},
        "may": dict.fromkeys(acts, True),
    } | more


def batch() -> dict[str, Any]:
    counts = {"total": 10, "done": 4, "failed": 2, "waiting": 4, "cancelled": 0}
    return {
        "id": ID,
        "title": EVIL,
        "kind": EVIL,
        "period": "year:2026",
        "as_of": AT,
        **counts,
        "formats": [EVIL],
        "state": "running",
        "created_at": AT,
        "created_by": EVIL,
    }


def review_round(**more: Any) -> dict[str, Any]:
    comment = {"id": OTHER, "clause": "2.2", "text": EVIL, "must": True, "by": EVIL, "at": AT}
    return {
        "id": ID,
        "version": 1,
        "document": EVIL,
        "number": 2,
        "kind": EVIL,
        "title": EVIL,
        "text": EVIL,
        "scope": "school/19001",
        "body": EVIL,
        "author": EVIL,
        "due_at": AT,
        "clauses": [{"clause": "2.2", "text": EVIL}, {"clause": EVIL, "text": "新"}],
        "files": [{"digest": EVIL, "name": EVIL}],
        "members": [EVIL],
        "state": "open",
        "opened_by": EVIL,
        "opened_at": AT,
        "waits_for": [EVIL],
        "counts": {"approve": 1},
        "comments": [comment, comment | {"clause": None, "answered_by": EVIL, "answer": EVIL}],
        "votes": [{"member": EVIL, "vote": EVIL, "reason": EVIL, "at": AT}],
        "may": dict.fromkeys(("comment", "vote", "answer", "decide"), True),
        "blockedBy": [],
    } | more


@pytest.fixture(autouse=True)
def answers(gateway: Any) -> None:
    """Services whose every name is hostile."""
    kind = {"key": "self_diagnosis", "title": EVIL, "version": 5}
    finding = {"code": "forecast", "place": PLACE, "must": True, "zh": EVIL, "en": EVIL}
    remark = {"id": OTHER, "section": "conclusion", "text": EVIL, "by": EVIL, "at": AT}
    schedule = {"key": EVIL, "version": 1, "enabled": True, "failure": EVIL, "next_at": AT}
    document: dict[str, Any] = {"title": EVIL, "kind": EVIL, "of": "student", "rule": EVIL}
    order = {"scope": EVIL, "folder": EVIL, "state": "failed", "zh": EVIL, "en": EVIL}
    old = review_round(number=1, clauses=[{"clause": "2.2", "text": "旧"}], outcome="passed")
    compared: dict[str, Any] = {"before": OTHER, "before_period": "year:2025"}
    compared |= {"differences": [{"point": EVIL, "before": EVIL, "now": EVIL}]}
    path = f"/v1/reports/{ID}"
    gateway.services["report"].answers = {
        "/v1/kinds": [kind],
        "/v1/reports": [report(), report(state=None, id=OTHER)],
        path: report(content=CONTENT),
        f"{path}/draft": draft(),
        f"{path}/findings": [finding, finding | {"place": "", "must": False}],
        f"{path}/comments": [remark],
        f"{path}/comparison": compared,
        f"{path}/texts": [{"version": 1, "text": EVIL, "by": EVIL, "at": AT}],
        f"{path}/remade": {"same": False, "digest": EVIL, "again": EVIL, "reason": EVIL},
        "/v1/batches": [batch()],
        f"/v1/batches/{ID}": batch(),
        f"/v1/batches/{ID}/folders": [{"folder": EVIL, "total": 3, "done": 2, "failed": 1}],
        f"/v1/batches/{ID}/orders": [order],
        "/v1/schedules": [schedule | {"document": document}],
        "/v1/schedules/term-end": schedule | {"document": document, "version": 3},
    }
    gateway.services["spiral"].answers = {
        "/v1/review-rounds": [review_round(), old],
        f"/v1/review-rounds/{ID}": review_round(),
    }
    gateway.services["datahub"].answers = {}
    for each in ("report", "spiral"):
        gateway.services[each].seen.clear()


def posted(gateway: Any, service: str) -> Any:
    [seen] = [each for each in gateway.services[service].seen if each.method != "GET"]
    return seen


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_no_word_of_a_report_or_review_becomes_markup(
    demo: httpx.AsyncClient, language: str
) -> None:
    wrong = {}
    for path in SCREENS:
        answer = await demo.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
        bare = "<img src=x" in answer.text or "暂不可用" in answer.text
        unsafe = [
            each for each in ("javascript:", "onload", "<script>", "style=") if each in answer.text
        ]
        if answer.status_code != 200 or bare or unsafe or EVIL in answer.text:
            wrong[path] = (answer.status_code, bare, unsafe)

    assert wrong == {}


async def test_the_list_asks_for_what_its_address_says(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    await demo.get(SCREENS[1])
    [asked] = [each.query for each in gateway.services["report"].seen if each.path == "/v1/reports"]
    problem = {"detail": "无法识别", "validationErrors": {"$.scope": ["写作 kind/key"]}}
    gateway.services["report"].answers["/v1/reports"] = (422, [], problem)
    refused = await demo.get("/reports?scope=xx")

    assert asked == (
        "limit=25&offset=25&totalCount=true&kind=self_diagnosis&state=draft"
        "&scope=school%2F19001&period=year%3A2026"
    )
    assert refused.status_code == 200
    assert "无法识别；写作 kind/key" in refused.text
    assert 'value="xx"' in refused.text


async def test_what_is_written_goes_to_its_places_on_the_version_that_was_seen(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    gateway.services["report"].answers[f"PUT /v1/reports/{ID}/texts"] = draft(version=8)
    # A section with many places makes a large form.
    form = {"version": "7", "text.conclusion": "原因在课程设计。" * 2_000}
    answer = await demo.post(f"/portal/report-writing/{ID}/conclusion", data=form)
    sent = posted(gateway, "report")

    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/reports/{ID}?done=written#s-conclusion",
    )
    assert sent.headers["if-match"] == '"7"'


async def test_what_stands_in_the_way_of_handing_in_is_told_at_its_place(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    faults = {"$.texts['conclusion']": ["待填写 (nothing is written yet)"]}
    problem = {"detail": "还有 1 处必须处理", "validationErrors": faults}
    gateway.services["report"].answers[f"POST /v1/reports/{ID}/submission"] = (409, [], problem)
    answer = await demo.post(f"/portal/report-steps/submission/{ID}", data={})

    assert answer.status_code == 409
    assert "还有 1 处必须处理" in answer.text
    assert "待填写 (nothing" not in answer.text
    after = answer.text[answer.text.index('<section id="s-conclusion"') :]
    assert '<p class="fault">' in after


ACTS = (
    ("report-steps/review/{}", "report", "reports/{}/review", "/reports/{}"),
    ("report-steps/return/{}", "report", "reports/{}/review", "/reports/{}"),
    ("report-steps/signature/{}", "report", "reports/{}/signature", "/reports/{}"),
    ("report-steps/issue/{}", "report", "reports/{}/issue", "/reports/{}"),
    ("report-steps/comments/{}", "report", "reports/{}/comments", "/reports/{}"),
    ("report-remarks/{}/{}", "report", "reports/{}/comments/{}/settlement", "/reports/{}"),
    ("report-making", "report", "reports", "/reports/{}"),
    ("report-batches", "report", "batches", "/report-batches/{}"),
    ("report-batches/retry/{}", "report", "batches/{}/retry", "/report-batches/{}"),
    ("report-schedules", "report", "schedules/term-end", "/report-batches"),
    ("report-schedules/term-end/off", "report", "schedules/term-end", "/report-batches"),
    ("reviews", "spiral", "review-rounds", "/reviews/{}"),
    ("reviews/comments/{}", "spiral", "review-rounds/{}/comments", "/reviews/{}"),
    ("reviews/votes/{}", "spiral", "review-rounds/{}/votes", "/reviews/{}"),
    ("reviews/decision/{}", "spiral", "review-rounds/{}/decision", "/reviews/{}"),
    ("review-answers/{}/{}", "spiral", "review-rounds/{}/comments/{}/answer", "/reviews/{}"),
)


@pytest.mark.parametrize(("form", "service", "path", "goes"), ACTS)
async def test_every_act_reaches_its_service_and_says_so(
    gateway: Any, demo: httpx.AsyncClient, form: str, service: str, path: str, goes: str
) -> None:
    target = f"/v1/{path.format(ID, ID)}"
    method = "PUT" if "schedules" in path else "POST"
    gateway.services[service].answers[f"{method} {target}"] = {"id": ID}
    answer = await demo.post(f"/portal/{form.format(ID, ID)}", data={"key": "term-end"})
    location = answer.headers["location"]

    assert (answer.status_code, posted(gateway, service).path) == (303, target)
    assert location.startswith(f"{goes.format(ID)}?done=")
    assert '<p class="toast"' in (await demo.get(location)).text


async def test_a_vote_that_is_refused_comes_back_with_its_reason(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    problem = {"detail": "请检查", "validationErrors": {"$.reason": ["须说明理由"]}}
    gateway.services["spiral"].answers[f"POST /v1/review-rounds/{ID}/votes"] = (422, [], problem)
    answer = await demo.post(f"/portal/reviews/votes/{ID}", data={"vote": "reject"})

    assert answer.status_code == 422
    assert 'id="fault-votes-reason">须说明理由' in answer.text
    assert '<option value="reject" selected>' in answer.text


def test_places_are_named_by_their_row_and_only_what_was_changed_is_sent() -> None:
    places = report_text.places_of(SECTION)
    given = {"text.conclusion": "第一段\r\n第二段", f"text.{PLACE}": EVIL}

    assert [(each.key, each.label, each.text) for each in places] == [
        ("conclusion", EVIL, ""),
        (PLACE, "生师比 · 原因", EVIL),
    ]
    assert report_text.written(places, given) == {"conclusion": "第一段\n第二段"}
    assert report_text.written(places, {}) == {PLACE: ""}


def test_of_a_figure_shapes_and_texts_are_kept_alone() -> None:
    drawn = report_text.drawing(SVG)

    assert drawn == (
        '<svg viewBox="0 0 9 9"><rect x="1" fill="#fff" /><text x="1">甲 &lt;b&gt;</text></svg>'
    )
    assert report_text.drawing("<svg") == ""
    assert report_text.drawing("<html/>") == ""


def test_forms_say_what_the_services_take() -> None:
    given = {"scope": "school/1", "period": "year:2026", "kind": "annual", "as_of": "2026-11-20"}
    made = report_forms.making(given, CAMPUS)
    named = {"period": "year:2026", "kind": "k", "scopes": "course/1\r\n\r\ncourse/2 "}
    told = {"tell_persons": "role/quality_office T001", "tell_attach": "1"}
    ordered = report_forms.ordering(named | {"format.html": "1"} | told, CAMPUS)
    dated = {"title": "学期末", "kind": "k", "period": "term", "of": "student", "key": "x"}
    planned = report_forms.scheduling(
        dated | {"starts_on": "2027-01-20", "rhythm": "half-yearly", "of_period": "last"}, CAMPUS
    )
    paper = {"clauses": "2.2 存在 问题\n3", "invited": "T001\nteacher/T002", "due_at": "2026-12-01"}
    laid = review_forms.opening(paper | {"evidence": "ab", "author": "T9"}, CAMPUS)

    assert made == given | {"as_of": "2026-11-20T23:59:00+08:00"}
    assert ordered == {
        "period": "year:2026",
        "kind": "k",
        "title": "",
        "formats": ["html"],
        "scopes": ["course/1", "course/2"],
        "deliver": {"persons": ["role/quality_office", "T001"], "channels": [], "attach": True},
    }
    assert planned == {
        "title": "学期末",
        "kind": "k",
        "period": "term",
        "of_period": "last",
        "scopes": [],
        "of": "student",
        "formats": ["docx", "pdf"],
        "starts_at": "2027-01-20T08:00:00+08:00",
        "rule": "FREQ=MONTHLY;INTERVAL=6",
    }
    assert laid["clauses"] == [{"clause": "2.2", "text": "存在 问题"}, {"clause": "3", "text": "3"}]
    assert (laid["invited"], laid["author"]) == (["teacher/T001", "teacher/T002"], "teacher/T9")
    assert laid["files"] == [{"digest": "ab", "name": "ab"}]
    assert laid["due_at"] == "2026-12-01T23:59:00+08:00"
    assert review_forms.acting("comments", {"text": "x"}) == {"text": "x", "must": False}
