"""Rules of the dictionary: what contradicts itself, what a version changes, what is found."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from datahub.dictionary.domain.code_set import Code, CodeSet
from datahub.dictionary.domain.differences import Bound, Difference, differences, obstacles
from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.domain.entity_document import parse_entity
from datahub.dictionary.domain.ext_schema import ext_schema, record_schema
from datahub.dictionary.domain.integrity import faults, part_problems, problems
from datahub.dictionary.domain.part import compose, with_code, with_code_set, with_entity

DAY = date(2026, 9, 1)


def code_set(*codes: Code, name: str = "kinds", **more: Any) -> CodeSet:
    plain: dict[str, Any] = {"standard": "GB/T 1.2", "version": "2003", "zh": "种类", **more}
    return CodeSet(id=name, codes={each.code: each for each in codes}, **plain)


def thing(**fields: Any) -> Dictionary:
    """A dictionary of one entity, and of the code set that its field ``kind`` uses."""
    entity = parse_entity(
        {
            "entity": "thing",
            "zh": "物",
            "en": "Thing",
            "key": ["no"],
            "fields": {
                "no": {"type": "text", "zh": "号", "en": "No", "max_length": 20},
                "kind": {"type": "code", "code_set": "kinds", "zh": "种类", "en": "Kind"},
                **fields,
            },
        }
    )
    kinds = code_set(Code(code="1", zh="甲"), Code(code="2", zh="乙"))
    return Dictionary({"thing": entity}, {"kinds": kinds}, version=1, as_of=DAY)


def laid(part: dict[str, Any], base: Dictionary | None = None) -> Dictionary:
    return compose(base or thing(), part, version=2, as_of=DAY)


def changes(before: Dictionary, after: Dictionary) -> list[tuple[str, str, bool]]:
    return [(each.place, each.change, each.breaking) for each in differences(before, after)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (Code(code="1", zh="甲"), ["1"]),
        (Code(code="1", zh="甲", retired=True), []),
        (Code(code="1", zh="甲", valid_from=DAY), ["1"]),
        (Code(code="1", zh="甲", valid_from=date(2026, 9, 2)), []),
        (Code(code="1", zh="甲", valid_to=DAY), []),
        (Code(code="1", zh="甲", valid_to=date(2026, 9, 2)), ["1"]),
    ],
)
def test_a_code_is_writable_from_its_first_day_to_the_day_before_its_end(
    code: Code, expected: list[str]
) -> None:
    assert sorted(code_set(code).writable(DAY)) == expected


def test_no_code_of_a_code_set_that_has_ended_is_writable() -> None:
    assert code_set(Code(code="1", zh="甲"), valid_to=DAY).writable(DAY) == frozenset()


def test_a_code_has_one_name_everywhere() -> None:
    assert code_set().urn("a/1") == "urn:codeset:gb-t-1.2:kinds@2003#a%2F1"


def test_a_chain_of_successors_is_followed_to_its_end_and_never_round() -> None:
    codes = code_set(
        Code(code="1", zh="甲", successors=("2", "3")),
        Code(code="2", zh="乙", successors=("4",)),
        Code(code="3", zh="丙", successors=("1",)),
        Code(code="4", zh="丁", successors=("9",)),
    )

    assert codes.successors("1") == ["2", "3", "4", "9"]
    assert codes.successors("4") == ["9"]


def test_a_dictionary_that_contradicts_itself_says_everything() -> None:
    entity = parse_entity(
        {
            "entity": "thing",
            "zh": "物",
            "en": "Thing",
            "key": ["no", "gone"],
            "national": ["ODS_NONE"],
            "fields": {
                "no": {"type": "text", "zh": "号", "ref": "nobody"},
                "kind": {"type": "enum", "zh": "类"},
                "code": {"type": "code", "zh": " ", "code_set": "none"},
                "size": {"type": "decimal", "zh": "大小", "min": 2, "max": 1, "code_set": "kinds"},
                "batch": {"type": "text", "zh": "批"},
            },
        }
    )
    found = faults(problems(Dictionary({"thing": entity}, {})))

    assert {place: len(reasons) for place, reasons in found.items()} == {
        "$.entities.thing": 2,
        "$.entities.thing.fields.no": 1,
        "$.entities.thing.fields.kind": 1,
        "$.entities.thing.fields.code": 2,
        "$.entities.thing.fields.size": 2,
        "$.entities.thing.fields.batch": 1,
    }
    unknown = "未知的代码集 none (unknown code set)"
    remedy = "改正 code_set，或先建代码集 (mend code_set, or add the set)"
    assert found["$.entities.thing.fields.code"] == [
        "名称为空 (a blank label) → 填写 zh (give zh)",
        f"{unknown} → {remedy}",
    ]


def test_an_element_of_the_national_dictionary_names_a_known_code_set(
    dictionary: Dictionary,
) -> None:
    without = replace(dictionary, code_sets={})
    places = [each.place for each in problems(without)]

    assert "tables.ODS_KCJBSJ.KCLXM" in places


DEFECTS = (
    ({"code": "", "zh": "空"}, "代码为空"),
    ({"code": "8", "zh": " "}, "名称为空"),
    ({"code": "8", "zh": "8"}, "名称等于代码"),
    ({"code": "8", "zh": "八", "successors": ["7"]}, "承接代码 7 不在代码集中"),
    ({"code": "8", "zh": "八", "successors": ["8"]}, "承接关系成环"),
    (
        {"code": "8", "zh": "八", "valid_from": "2026-02-01", "valid_to": "2026-02-01"},
        "valid_to 不晚于 valid_from",
    ),
)


@pytest.mark.parametrize(("code", "reason"), DEFECTS)
def test_what_a_college_writes_wrong_is_a_fault(code: dict[str, Any], reason: str) -> None:
    found = faults(problems(laid({"code_sets": {"kinds": {"codes": [code]}}})))

    [[why]] = found.values()
    assert why.startswith(reason)


def test_what_a_standard_brings_along_is_a_warning() -> None:
    defect = replace(
        thing(), code_sets={"kinds": code_set(Code(code="1", zh="1", successors=("9",)))}
    )
    found = problems(defect)

    assert faults(found) == {}
    assert [each.is_warning for each in found] == [True, True]


def test_a_part_that_says_a_code_twice_or_names_what_is_not_there_is_at_fault() -> None:
    twice = [{"code": "3", "zh": "丙"}, {"code": "3", "zh": "丁"}]
    part = {
        "code_sets": {
            "kinds": {"codes": twice, "version": "2"},
            "nobody": {},
            "own_mine": {"zh": "本校", "version": "2"},
        },
        "entities": {"nothing": {}},
    }

    assert [each.place for each in part_problems(part, thing())] == [
        "code_sets.kinds",
        "code_sets.kinds.codes.3",
        "code_sets.nobody",
        "entities.nothing",
    ]


def test_an_extension_field_may_not_hide_a_field_of_the_entity() -> None:
    ext = {"kind": {"type": "text", "zh": "种类", "privacy": "internal"}}
    found = faults(problems(laid({"entities": {"thing": {"ext": ext}}})))

    assert list(found) == ["$.entities.thing.ext.kind"]


def test_what_the_part_does_not_say_stays_as_the_base_says() -> None:
    part = with_code({}, "kinds", {"code": "1", "retired": True, "successors": ["2"]})
    part = with_code(part, "kinds", {"code": "3", "zh": "丙", "valid_from": "2026-01-01"})
    found = laid(dict(part)).code_sets["kinds"]

    assert found.codes["1"] == Code(code="1", zh="甲", retired=True, successors=("2",), own=True)
    assert found.codes["2"] == Code(code="2", zh="乙")
    assert found.codes["3"] == Code(code="3", zh="丙", valid_from=date(2026, 1, 1), own=True)
    assert found.writable(DAY) == {"2", "3"}
    assert (found.zh, found.standard, found.own) == ("种类", "GB/T 1.2", False)


def test_saying_more_of_a_code_keeps_what_was_said_before() -> None:
    part = with_code_set({}, "kinds", {"codes": [{"code": "1", "zh": "别名"}]})
    part = with_code(part, "kinds", {"code": "1", "retired": True})

    assert part == {
        "code_sets": {"kinds": {"codes": [{"code": "1", "zh": "别名", "retired": True}]}}
    }


def test_a_section_that_becomes_empty_goes() -> None:
    part = with_entity({}, "thing", {"ext": {"size": {}}, "zh": "东西"})

    assert with_entity(part, "thing", {"ext": {}}) == {"entities": {"thing": {"zh": "东西"}}}
    assert with_code_set(with_code_set({}, "own_a", {"zh": "甲"}), "own_a", {}) == {"code_sets": {}}


def test_an_own_code_set_has_the_standard_own() -> None:
    part = {"code_sets": {"own_hall": {"zh": "礼堂", "codes": [{"code": "A", "zh": "大礼堂"}]}}}
    found = laid(part).code_sets["own_hall"]

    assert found.urn("A") == "urn:codeset:own:own_hall@1#A"
    assert found.own


def test_labels_change_and_nothing_else() -> None:
    labels = {"zh": "物品", "labels": {"no": {"zh": "编号"}, "gone": {"zh": "无"}}}
    after = laid({"entities": {"thing": labels}})

    assert changes(thing(), after) == [
        ("entities.thing", "entity.label", False),
        ("entities.thing.fields.no", "field.label", False),
    ]
    assert after.entities["thing"].fields["no"].en == "No"


def test_the_same_dictionary_differs_in_nothing() -> None:
    assert differences(thing(), laid({})) == []


def relabelled(*pairs: tuple[str, str], **retired: Any) -> dict[str, Any]:
    codes = [{"code": code, "zh": zh} for code, zh in pairs]
    return {"code_sets": {"kinds": {"codes": [*codes, *([retired] if retired else [])]}}}


def test_labels_that_are_swapped_break_whoever_reads_them() -> None:
    swapped = differences(thing(), laid(relabelled(("1", "乙"), ("2", "甲"))))

    moved = [each for each in swapped if each.change == "code.label-moved"]
    assert [(each.place, each.subject, each.breaking) for each in moved] == [
        ("code_sets.kinds.codes.1", "kinds.labels", True),
        ("code_sets.kinds.codes.2", "kinds.labels", True),
    ]
    assert (moved[0].before, moved[0].after) == (
        {"label": "乙", "code": "2"},
        {"label": "乙", "code": "1"},
    )


@pytest.mark.parametrize(
    ("part", "moved"),
    [
        (relabelled(("1", "甲一"), ("3", "甲")), ["3"]),
        (relabelled(("3", "甲"), code="1", retired=True), ["3"]),
        (relabelled(("3", "甲"), code="1", retired=True, successors=["3"]), []),
        (relabelled(("3", "甲")), []),
    ],
    ids=["to a new code", "of a retired code", "to its successor", "of two codes it names none"],
)
def test_a_label_that_goes_to_another_code_breaks(part: dict[str, Any], moved: list[str]) -> None:
    found = [each for each in differences(thing(), laid(part)) if each.subject == "kinds.labels"]

    assert [each.place.rpartition(".")[2] for each in found] == moved


RETIRED = {"code": "1", "retired": True}
EXT = {"type": "text", "zh": "尺码", "privacy": "internal", "max_length": 10}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            {},
            {"code_sets": {"kinds": {"codes": [{"code": "3", "zh": "丙"}]}}},
            ("code_sets.kinds.codes.3", "code.added", False),
        ),
        (
            {"code_sets": {"kinds": {"codes": [{"code": "3", "zh": "丙"}]}}},
            {},
            ("code_sets.kinds.codes.3", "code.removed", True),
        ),
        (
            {},
            {"code_sets": {"kinds": {"codes": [RETIRED]}}},
            ("code_sets.kinds.codes.1", "code.retired", True),
        ),
        (
            {},
            {"code_sets": {"kinds": {"codes": [{**RETIRED, "successors": ["2"]}]}}},
            ("code_sets.kinds.codes.1", "code.retired", False),
        ),
        (
            {},
            {"code_sets": {"kinds": {"codes": [{"code": "1", "valid_to": "2026-09-01"}]}}},
            ("code_sets.kinds.codes.1", "code.retired", True),
        ),
        (
            {"code_sets": {"kinds": {"codes": [RETIRED]}}},
            {},
            ("code_sets.kinds.codes.1", "code.revived", False),
        ),
        (
            {},
            {"code_sets": {"kinds": {"codes": [{"code": "1", "zh": "甲一"}]}}},
            ("code_sets.kinds.codes.1", "code.label", False),
        ),
        (
            {},
            {"code_sets": {"own_a": {"zh": "甲"}}},
            ("code_sets.own_a", "code_set.added", False),
        ),
        (
            {"code_sets": {"own_a": {"zh": "甲"}}},
            {},
            ("code_sets.own_a", "code_set.removed", True),
        ),
        (
            {},
            {"entities": {"thing": {"ext": {"size": EXT}}}},
            ("entities.thing.ext.size", "field.added", False),
        ),
        (
            {"entities": {"thing": {"ext": {"size": EXT}}}},
            {},
            ("entities.thing.ext.size", "field.removed", True),
        ),
        (
            {"entities": {"thing": {"ext": {"size": EXT}}}},
            {"entities": {"thing": {"ext": {"size": {**EXT, "max_length": 9}}}}},
            ("entities.thing.ext.size", "field.max_length", True),
        ),
        (
            {"entities": {"thing": {"ext": {"size": EXT}}}},
            {"entities": {"thing": {"ext": {"size": {**EXT, "max_length": 11}}}}},
            ("entities.thing.ext.size", "field.max_length", False),
        ),
        (
            {"entities": {"thing": {"ext": {"size": EXT}}}},
            {"entities": {"thing": {"ext": {"size": {**EXT, "privacy": "sensitive"}}}}},
            ("entities.thing.ext.size", "field.privacy", True),
        ),
        (
            {
                "entities": {
                    "thing": {"ext": {"size": {**EXT, "type": "enum", "values": ["a", "b"]}}}
                }
            },
            {"entities": {"thing": {"ext": {"size": {**EXT, "type": "enum", "values": ["a"]}}}}},
            ("entities.thing.ext.size", "field.values", True),
        ),
    ],
)
def test_every_difference_is_compatible_or_breaking(
    before: dict[str, Any], after: dict[str, Any], expected: tuple[str, str, bool]
) -> None:
    assert changes(laid(before), laid(after)) == [expected]


def test_a_code_that_no_field_uses_is_retired_without_harm() -> None:
    own = {"zh": "甲", "codes": [{"code": "1", "zh": "一"}]}
    retired = {"zh": "甲", "codes": [{"code": "1", "zh": "一", "retired": True}]}

    assert changes(
        laid({"code_sets": {"own_a": own}}), laid({"code_sets": {"own_a": retired}})
    ) == [("code_sets.own_a.codes.1", "code.retired", False)]


def test_a_package_that_asks_for_more_or_gives_less_breaks() -> None:
    before = thing(size={"type": "decimal", "zh": "大小", "en": "Size", "min": 0, "max": 10})
    after = thing(
        size={"type": "decimal", "zh": "大小", "en": "Size", "min": 1, "max": 9, "required": True},
        must={"type": "text", "zh": "必", "en": "Must", "required": True},
    )
    found = {each.change: each.subject for each in differences(before, after) if each.breaking}

    assert found == {
        "field.added": "thing",
        "field.required": "thing.size",
        "field.min": "thing.size",
        "field.max": "thing.size",
    }


def test_only_what_a_breaking_difference_touches_stands_in_its_way() -> None:
    retired = Difference(
        place="code_sets.kinds.codes.1", subject="kinds", change="code.retired", breaking=True
    )
    added = Difference(place="code_sets.kinds.codes.9", subject="kinds", change="code.added")
    bound = Bound(kind="feed", id="hr.staff", subjects=frozenset({"kinds", "staff"}))
    other = Bound(kind="feed", id="other", subjects=frozenset({"course"}))

    assert obstacles([added], [bound, other]) == []
    [found] = obstacles([retired, added], [bound, other])
    assert (found.place, found.kind, found.id) == ("code_sets.kinds.codes.1", "feed", "hr.staff")
    assert "successors" in found.remedy


def test_a_document_that_the_next_version_would_refuse_stands_in_its_way() -> None:
    bound = Bound(kind="indicator", id="q1", faults={"$.numerator": ["没有字段 size"]})
    [found] = obstacles([], [bound])

    assert found.place == "indicators.q1.numerator"
    assert "没有字段 size" in found.reason
    assert found.remedy.endswith("PUT /api/datahub/v1/indicators/q1)")


def test_the_schema_of_extension_fields_says_what_they_take() -> None:
    ext = {
        "size": {**EXT, "en": "Size"},
        "level": {"type": "code", "code_set": "kinds", "zh": "级别", "privacy": "personal"},
        "weight": {"type": "decimal", "zh": "重", "privacy": "internal", "min": "0.5", "max": "9"},
        "tags": {"type": "list", "zh": "标签", "privacy": "public"},
    }
    part = {
        "entities": {"thing": {"ext": ext}},
        "code_sets": {"kinds": {"codes": [{"code": "1", "retired": True}]}},
    }
    dictionary = laid(part)

    assert ext_schema(dictionary.entities["thing"], dictionary) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:helix8:ext:thing@2",
        "title": "物",
        "type": "object",
        "properties": {
            "size": {
                "title": "尺码",
                "type": "string",
                "description": "Size",
                "maxLength": 10,
                "x-privacy": "internal",
            },
            "level": {
                "title": "级别",
                "type": "string",
                "x-code-set": "kinds",
                "enum": ["2"],
                "x-privacy": "personal",
            },
            "weight": {
                "title": "重",
                "type": "number",
                "minimum": 0.5,
                "maximum": 9,
                "x-privacy": "internal",
            },
            "tags": {
                "title": "标签",
                "type": "array",
                "items": {"type": "string"},
                "x-privacy": "public",
            },
        },
        "additionalProperties": False,
    }


def test_every_entity_has_a_schema_of_its_records(dictionary: Dictionary) -> None:
    for entity in dictionary.entities.values():
        schema = record_schema(entity, dictionary)

        shown = [name for name, each in entity.fields.items() if not each.is_closed]
        assert list(schema["properties"]) == shown, entity.name
        assert schema["required"] == [name for name in entity.key if name in shown]
    check = record_schema(dictionary.entities["dorm_check"], dictionary)
    assert check["$id"] == "urn:helix8:entity:dorm_check@0"
    assert check["required"] == ["student_no", "checked_on"]
    assert check["properties"]["state"]["type"] == ["string", "null"]
    assert check["properties"]["checked_on"] == {
        "title": dictionary.entities["dorm_check"].fields["checked_on"].zh,
        "description": dictionary.entities["dorm_check"].fields["checked_on"].en,
        "type": "string",
        "format": "date",
        "x-privacy": "internal",
    }
