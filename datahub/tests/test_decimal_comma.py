"""Numbers as half of the world writes them, in the export of a partner abroad."""

from typing import Any

import pytest

from datahub.tests.conftest import Hub
from datahub.tests.national_college import deliver

pytestmark = pytest.mark.asyncio(loop_scope="module")

FILE = """# Partnerhochschule, Notenexport
# erzeugt 3.7.2026 8.05
Stud.-Nr;Kurs;Sem.;Art;Versuch;Note (%);Bestanden;ECTS;Erfasst am
XH:20260001/3;C-01;WS26;Klausur;1;87,50;ja;2,5;3.7.2027 8.05
XH:20260002/9;C-01;WS26;Hausarbeit;1;61;ja;1.002,5;13.7.2027 18.45
XH:20260003/1;C-01;SS27;Klausur;2;49,00 %;nein;2,5;14.7.2027 9.00
XH:20260004/7;C-01;WS26;Klausur;1;--;nein;;--
XH:20260005/7;C-01;WS26;Klausur;1;50.0;ja;2,5;1.2.2027 10.00

# 5 Zeilen
""".replace("\n", "\r\n").encode("utf-16")
FEED: dict[str, Any] = {
    "feed": "partner.score",
    "source": "academic",
    "entity": "score",
    "null_words": ["", "--"],
    "format": {
        "encoding": "utf-16",
        "delimiter": ";",
        "header": 3,
        "footer": ["#"],
        "decimal_mark": ",",
    },
    "fields": {
        "student_no": {
            "from": "Stud.-Nr",
            "strip_prefix": ["XH:"],
            "split": {"sep": "/", "part": 0},
        },
        "course_code": {"from": "Kurs"},
        "term": {
            "from": "Sem.",
            "parse": "term",
            "term": {
                "pattern": "{term}{yy}",
                "terms": {"WS": 1, "SS": 2},
                "previous_year": ["SS"],
            },
        },
        "grade_type": {"from": "Art", "codes": {"Klausur": "end", "Hausarbeit": "usual"}},
        "attempt": {"from": "Versuch"},
        "number": {"from": "Note (%)", "strip_suffix": ["%"]},
        "passed": {"from": "Bestanden", "codes": {"ja": "true", "nein": "false"}},
        "credits_earned": {"from": "ECTS"},
        "recorded_at": {"from": "Erfasst am", "formats": ["%d.%m.%Y %H.%M"]},
    },
}


async def test_a_partners_export_is_read_by_its_contract_alone(hub: Hub) -> None:
    await deliver(hub, "student", *({"student_no": f"2026000{each}"} for each in range(1, 6)))
    await deliver(hub, "course", {"course_code": "C-01"})
    terms = ("2026-2027-1", "2026-09-01", "2027-01-20"), ("2026-2027-2", "2027-02-20", "2027-07-12")
    names = ("term", "starts_on", "ends_on")
    await deliver(hub, "term", *(dict(zip(names, each, strict=True)) for each in terms))
    saved = await hub.client.put("/v1/feeds/partner.score", json=FEED)
    assert saved.status_code == 201, saved.text

    answer = await hub.client.post(
        "/v1/batches",
        params={"feed": "partner.score"},
        content=FILE,
        headers={"Content-Type": "text/csv"},
    )

    told = answer.json()
    assert (told["created"], told["quarantined"], told["rejected"], told["blank"]) == (4, 1, 1, 1)
    [fault] = [each for each in told["verdicts"] if each["verdict"] == "quarantined"]
    assert (fault["row"], fault["code"], fault["path"]) == (5, "not-decimal", "$.Note (%)")
    stored = {each["student_no"]: each for each in await hub.get("records/score")}
    assert [
        (each["number"], each["credits_earned"], each["term"], each["recorded_at"])
        for _, each in sorted(stored.items())
    ] == [
        (87.5, 2.5, "2026-2027-1", "2027-07-03T00:05:00+00:00"),
        (61, 1002.5, "2026-2027-1", "2027-07-13T10:45:00+00:00"),
        (49, 2.5, "2026-2027-2", "2027-07-14T01:00:00+00:00"),
        (None, None, "2026-2027-1", None),
    ]


async def test_a_mark_that_is_none_is_refused_at_its_place(hub: Hub) -> None:
    wrong = FEED | {"feed": "partner.wrong", "format": {"decimal_mark": "·"}}
    refused = await hub.client.put("/v1/feeds/partner.wrong", json=wrong)
    assert (refused.status_code, list(refused.json()["validationErrors"])) == (
        422,
        ["$.format.decimal_mark"],
    )
