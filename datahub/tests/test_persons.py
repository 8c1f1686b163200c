"""Personal data: masked for who does not care for these people, whole for a purpose, on record."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio
from httpx import Response

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.domain.masking import Masking, masked, masked_fields
from datahub.persons.domain.purposes import BeyondPurposeError, read_purposes
from datahub.persons.usecases import erase_person
from datahub.records.domain.asking import AskingInvalidError, filterable, read_asking
from datahub.tests.learning_events import ADL
from datahub.tests.rekeying import rekeyed
from shared.kit.clock import now
from shared.kit.identity import Caller, TokenSigner
from shared.persons.register import Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHONE = "13800138000"
IDENTITY = "330106200401011234"
Ask = Callable[..., Any]


def person(role: str, key: str, *scopes: str) -> Caller:
    return Caller(
        subject=f"person/{key}",
        roles=frozenset({role}),
        scopes=frozenset({"datahub:read"}),
        holds=frozenset((role, scope) for scope in scopes),
    )


COUNSELLOR = person("counsellor", "PT1", "group/PG1")
LEADER = person("leader", "PT2", "*")
HIMSELF = person("student", "PS1", "student/PS1")
READER = Caller(subject="system/reading", scopes=frozenset({"datahub:read"}))
AUDITOR = Caller(subject="person/PA", scopes=frozenset({"datahub:read", "audit:read"}))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ask(hub: Any, signing_keys: tuple[TokenSigner, str]) -> Ask:
    """Two students of two groups are there; ask as somebody."""
    majors = await hub.feed("major", dict.fromkeys(["major_code", "name"]))
    await hub.push(majors, {"major_code": "PM", "name": "专业"})
    groups = await hub.feed("admin_class", dict.fromkeys(["admin_class_code", "name"]))
    await hub.push(groups, *({"admin_class_code": f"PG{n}", "name": f"{n} 班"} for n in (1, 2)))
    names = ("student_no", "name", "admin_class_code", "birth_date", "sex", "phone", "id_number")
    fields = dict.fromkeys(names)
    students = await hub.feed("student", fields | {"sex": {"from": "sex", "codes": {"女": "2"}}})
    row = {"birth_date": "2004-01-01", "sex": "女", "phone": PHONE, "id_number": IDENTITY}
    for day in ("2003-01-01", "2004-01-01"):
        rows = [
            {**row, "student_no": f"PS{n}", "name": "王小明", "admin_class_code": f"PG{n}"}
            | {"birth_date": day}
            for n in (1, 2)
        ]
        await hub.push(students, *rows)
    await hub.settled()

    async def asking(caller: Caller, path: str, body: Any = None, **query: Any) -> Response:
        headers = {"authorization": f"Bearer {signing_keys[0].sign(caller, 'datahub')}"}
        method = "GET" if body is None else "POST"
        found: Response = await hub.client.request(
            method, f"/v1/{path}", json=body, params=query, headers=headers
        )
        return found

    return asking


SEEN = {"name": "王小明", "birth_date": "2004-01-01", "sex": "2"}
MASKED = {"name": "王小明", "birth_date": None, "sex": None}


async def test_personal_fields_are_told_to_who_cares_for_the_person_and_masked_to_others(
    ask: Ask,
) -> None:
    """In one record, lists, files, the past and the change feed alike."""
    expected = {"clear": [SEEN, SEEN], "masked": [MASKED, MASKED]}
    for kind, caller in (
        ("clear", COUNSELLOR),
        ("clear", HIMSELF),
        ("masked", LEADER),
        ("masked", READER),
    ):
        one = await ask(caller, "records/student/PS1")
        listed = await ask(caller, "records/student", fields="name,birth_date,sex")
        rows = [each for each in listed.json() if each["key"] == "PS1"]
        assert [{n: each[n] for n in SEEN} for each in (one.json(), *rows)] == expected[kind]
        # Which fields they are; in which records, depends on whose they are.
        assert listed.headers["masked-fields"] == "birth_date, sex"
        file = await ask(caller, "exports/student", fields="name,birth_date,sex")
        told = {each["key"]: each for each in map(json.loads, file.text.splitlines())}
        assert {n: told["PS1"][n] for n in SEEN} == expected[kind][0]
        past = await ask(caller, "records/student/PS1", asOf="seq:1000000")
        assert past.status_code == 422
        history = (await ask(caller, "history/student/PS1")).json()
        assert ("birth_date" in (history[0]["before"] or {})) is (kind == "clear")
        explained = (await ask(caller, "records/student/PS1/explain")).json()["fields"]
        of = {each["field"]: each for each in explained}
        assert (of["birth_date"]["value"], of["birth_date"]["closed"]) == (
            ("2004-01-01", False) if kind == "clear" else (None, True)
        )
        assert of["phone"]["value"] is of["phone"]["raw"] is None
        changes = (await ask(caller, "changes", limit=1000)).json()
        docs = [each["doc"] for each in changes if each["key"] == "PS1"]
        assert {n: docs[-1][n] for n in SEEN} == expected[kind][0]
        everything = one.text + listed.text + file.text + json.dumps([history, explained, changes])
        assert PHONE not in everything
        assert IDENTITY not in everything


async def test_who_sees_two_cares_for_one_is_told_each_as_he_may_be(ask: Ask) -> None:
    both = Caller(
        subject="person/PT3",
        roles=frozenset({"counsellor", "leader"}),
        scopes=frozenset({"datahub:read"}),
        holds=frozenset({("counsellor", "group/PG1"), ("leader", "*")}),
    )
    listed = (await ask(both, "records/student", fields="birth_date")).json()

    assert {each["key"]: each["birth_date"] for each in listed} == {
        "PS1": "2004-01-01",
        "PS2": None,
    }


async def test_what_is_masked_cannot_be_found_by_asking_for_it(dictionary: Dictionary) -> None:
    entity = dictionary.entities["participation"]
    masking = Masking(masked_fields(entity), ())

    assert {"student_no"} == masking.fields
    assert set(filterable(entity)) - set(filterable(entity, masking.fields)) == {"student_no"}
    with pytest.raises(AskingInvalidError):
        read_asking(entity, [("student_no", "PS1")], masking=masking)


async def test_of_a_text_its_first_character_is_told_and_of_anything_else_nothing(
    dictionary: Dictionary,
) -> None:
    entity = dictionary.entities["employment"]
    document = {"company_name": "某公司", "unemployed_kind": "10", "student_no": "S1"}

    assert masked(entity, document, masked_fields(entity)) == {
        "company_name": "某**",
        "unemployed_kind": None,
        "student_no": "S1",
    }


URGENT = {"purpose": "urgent-contact", "reason": "夜不归宿，联系本人", "entity": "student"}


async def test_a_value_is_shown_whole_for_a_purpose_and_each_time_is_on_record(ask: Ask) -> None:
    asked = URGENT | {"keys": ["PS1", "PS2", "PS1"], "fields": ["phone"]}

    shown = await ask(COUNSELLOR, "unmaskings", asked)

    assert (shown.status_code, shown.json()) == (
        200,
        {
            "purpose": "urgent-contact",
            "entity": "student",
            "records": [{"key": "PS1", "fields": {"phone": PHONE}}],
            "missing": ["PS2"],  # of another group: for him there is none
        },
    )
    log = await ask(AUDITOR, "audit", kind="unmasked", about="record/student/*")
    [entry] = log.json()
    assert {name: entry[name] for name in ("kind", "actor", "role", "about", "detail")} == {
        "kind": "unmasked",
        "actor": "person/PT1",
        "role": "counsellor",
        "about": "record/student/PS1",
        "detail": {"purpose": "urgent-contact", "fields": ["phone"], "reason": asked["reason"]},
    }
    assert entry["request"] == shown.headers["x-request-id"]
    assert PHONE not in log.text
    assert (await ask(COUNSELLOR, "audit")).status_code == 403


async def test_what_another_role_opens_is_not_shown_for_the_purpose_of_this_one(ask: Ask) -> None:
    """The quality office is bound to no scope, and reaches nobody in an emergency."""
    both = Caller(
        subject="person/PT4",
        roles=frozenset({"quality_office", "counsellor"}),
        scopes=frozenset({"datahub:read", "datahub:every-scope"}),
        holds=frozenset({("quality_office", "*"), ("counsellor", "group/PG1")}),
    )

    shown = await ask(both, "unmaskings", URGENT | {"keys": ["PS1", "PS2"], "fields": ["phone"]})

    assert shown.json()["records"] == [{"key": "PS1", "fields": {"phone": PHONE}}]
    assert shown.json()["missing"] == ["PS2"]


@pytest.mark.parametrize(
    ("caller", "change", "status", "code"),
    [
        (LEADER, {"purpose": "aid"}, 403, "purpose-not-yours"),
        (READER, {}, 403, "purpose-not-yours"),
        (COUNSELLOR, {"purpose": "curiosity"}, 422, "purpose-unknown"),
        (COUNSELLOR, {"fields": ["phone", "id_number"]}, 422, "beyond-purpose"),
        (COUNSELLOR, {"entity": "student_punishment"}, 422, "beyond-purpose"),
        (COUNSELLOR, {"reason": ""}, 422, "invalid"),
    ],
)
async def test_another_purpose_or_more_than_it_needs_is_refused(
    ask: Ask, caller: Caller, change: dict[str, Any], status: int, code: str
) -> None:
    before = len((await ask(AUDITOR, "audit", kind="unmasked", limit=1000)).json())

    refused = await ask(
        caller, "unmaskings", URGENT | {"keys": ["PS1"], "fields": ["phone"]} | change
    )

    assert (refused.status_code, refused.json()["type"]) == (status, f"urn:helix8:problem:{code}")
    assert len((await ask(AUDITOR, "audit", kind="unmasked", limit=1000)).json()) == before


async def test_may_says_what_the_refusal_says(ask: Ask) -> None:
    told = {each["id"]: each["may"]["unmask"] for each in (await ask(LEADER, "purposes")).json()}
    asked = {"reason": "核对规则", "entity": "student", "keys": ["nobody"]}
    found = {}
    for each in (await ask(LEADER, "purposes")).json():
        body = asked | {"purpose": each["id"], "fields": each["fields"].get("student", ["kind"])}
        body |= {"entity": "student" if "student" in each["fields"] else "student_punishment"}
        found[each["id"]] = (await ask(LEADER, "unmaskings", body)).status_code == 200

    assert found == told
    assert {name for name, may in told.items() if may} == {"urgent-contact"}


async def test_the_register_names_every_field_about_persons(ask: Ask) -> None:
    told = (await ask(READER, "personal-fields")).json()
    by_field = {f"{each['entity']}.{each['field']}": each for each in told}

    assert {each["privacy"] for each in told} == {"personal", "sensitive", "restricted"}
    assert by_field["student.phone"]["purposes"] == ["aid", "urgent-contact", "mend"]
    assert by_field["counselling_summary.screened"]["purposes"] == []


async def test_a_purpose_cannot_open_what_is_restricted(dictionary: Dictionary) -> None:
    document = {"zh": "x", "en": "x", "basis": "x", "roles": ["leader"]}
    fields = {"counselling_summary": ["sessions"]}

    with pytest.raises(BeyondPurposeError):
        read_purposes({"x": document | {"fields": fields}}, dictionary)


async def test_a_national_table_tells_no_personal_element_to_who_sees_them_masked(
    hub: Any, ask: Ask
) -> None:
    fields = dict.fromkeys(["person_id", "login_name", "last_login_at"])
    people = await hub.feed("person", fields)
    row = {"person_id": "PP1", "login_name": "zhao", "last_login_at": "2026-03-01T08:00:00+08:00"}
    await hub.push(people, row)
    whole = Caller(subject="system/all", scopes=frozenset({"datahub:read", "datahub:personal"}))

    [full] = (await ask(whole, "national/ODS_TYYHRZDLSJ")).json()
    [less] = (await ask(READER, "national/ODS_TYYHRZDLSJ")).json()
    file = await ask(READER, "national/ODS_TYYHRZDLSJ/export", format="ndjson", fields="DLZH")

    assert full["DLZH"] == "zhao"
    assert set(full) - set(less) == {"DLZH", "DLSJ"}
    assert "zhao" not in json.dumps(less) + file.text


async def test_who_is_erased_is_nowhere_but_under_his_number(
    hub: Any, dictionary: Dictionary
) -> None:
    """What the law keeps is blanked, the rest deleted; and with it what was known before."""
    words = ("钱某某", "13712345678", "某本书")
    fields = dict.fromkeys(["student_no", "name", "phone"])
    students = await hub.feed("student", fields | {"sex": {"from": "sex", "codes": {"女": "2"}}})
    row = {"student_no": "PE1", "phone": words[1], "sex": "女"}
    await hub.push(students, row | {"name": words[0]})
    await hub.push(students, row | {"name": f"{words[0]}二"})
    aside = await hub.push(students, row | {"name": words[0], "sex": "不详"})
    loans = await hub.feed("library_loan", dict.fromkeys(["loan_no", "student_no", "title"]))
    await hub.push(loans, {"loan_no": "PL1", "student_no": "PE1", "title": words[2]})
    await hub.settled()
    assert aside["quarantined"] == 1

    async with hub.database.transaction() as tx:
        erased = await erase_person(tx, Person("student/PE1"), dictionary)
    told = {each.table: each for each in erased}
    await hub.settled()

    assert {name: (told[name].done, told[name].rows) for name in ("student", "library_loan")} == {
        "student": ("blanked", 1),
        "library_loan": ("deleted", 1),
    }
    assert "学籍" in told["student"].basis
    assert told["quarantined_row"].rows == 1
    tables = await hub.sql(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    for table in (each["table_name"] for each in tables):
        for word in words:
            found = await hub.sql(
                f'SELECT 1 FROM "{table}" t WHERE position(:word IN CAST(t AS text)) > 0',  # noqa: S608
                word=word,
            )
            assert (table, found) == (table, [])
    changes = await hub.get("changes", limit=1000)
    mine = [each for each in changes if each["key"] in {"PE1", "PL1"}][-2:]
    assert {each["key"]: each["op"] for each in mine} == {"PE1": "upsert", "PL1": "delete"}
    record = await hub.get("records/student/PE1")
    assert (record["name"], record["birth_date"]) == (None, None)


async def test_what_was_said_under_a_number_that_he_had_before_is_erased_with_him(
    hub: Any, dictionary: Dictionary
) -> None:
    word = "孙某某"
    students = await hub.feed("student", dict.fromkeys(["student_no", "name", "birth_date"]))
    for name in (word, f"{word}二"):
        await hub.push(students, {"student_no": "PE2", "name": name})
    source = {"student": [{"at": "actor.account.name"}]}
    assert (await hub.client.put("/v1/learning-sources/pe", json=source)).status_code == 201
    event = {"id": "pe2", "timestamp": now().isoformat(), "verb": {"id": f"{ADL}commented"}}
    event |= {"actor": {"account": {"name": "PE2"}, "name": word}, "object": {"id": "o"}}
    unread = event | {"id": "pe3", "verb": {"id": "?"}, "actor": {"mbox": "mailto:PE2@a.cn"}}
    other = unread | {"id": "pe4", "actor": {"mbox": "mailto:PE22@a.cn"}}
    address = unread | {"id": "pe5", "actor": {"id": "https://a.cn/users/PE2"}}
    taken = await hub.client.post(
        "/v1/learning-events", params={"source": "pe"}, json=[event, unread, other, address]
    )
    assert taken.json()["created"] == 1, taken.text
    assert len(await hub.sql("SELECT 1 FROM quarantined_row WHERE raw ->> 'id' LIKE 'pe%'")) == 3
    await rekeyed(hub, "student", "PE2", student_no="PE9")
    await hub.settled()

    async with hub.database.transaction() as tx:
        erased = await erase_person(tx, Person("student/PE9"), dictionary)
    told = {each.table: each.rows for each in erased}
    await hub.settled()

    assert (told["learning_event"], told["quarantined_row"]) == (1, 2)
    for table in ("change", "claim", "fact", "learning_event", "quarantined_row"):
        found = await hub.sql(
            f'SELECT 1 FROM "{table}" t WHERE position(:word IN CAST(t AS text)) > 0',  # noqa: S608
            word=word,
        )
        assert (table, found) == (table, [])
