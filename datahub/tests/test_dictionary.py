"""The shipped dictionary holds: what the hub rests on is true of every entity and code set."""

from collections import Counter

from datahub.dictionary.domain.entity import (
    Dictionary,
    Entity,
    Field,
    FieldType,
    Privacy,
    record_key,
)
from datahub.dictionary.domain.integrity import RESERVED, faults, problems
from datahub.dictionary.repository.shipped import load_shipped
from shared.contracts.vocabulary import OWNER_ROLE_ZH, is_scope


def test_the_dictionary_does_not_contradict_itself(dictionary: Dictionary) -> None:
    found = problems(dictionary)

    assert faults(found) == {}
    assert [each.place for each in found] == [
        "code_sets.gbt_2260.codes.510202.successors",
        "code_sets.gbt_2260.codes.652524.successors",
    ]


def test_the_national_dictionary_is_there_as_a_whole(dictionary: Dictionary) -> None:
    national = [each for each in dictionary.code_sets.values() if each.standard == "szjz-gz"]
    elements = [each for table in dictionary.tables.values() for each in table.elements.values()]

    assert len(dictionary.tables) == 98
    assert len(elements) == 1274
    assert Counter(each.obligation for each in elements) == {"M": 986, "O": 288}
    assert len({each.element for each in elements}) == 809
    assert len(national) == 130
    assert sum(len(each.codes) for each in national) == 1271


def test_the_regions_are_there_with_those_that_were_abolished(dictionary: Dictionary) -> None:
    regions = dictionary.code_sets["gbt_2260"]

    assert len(dictionary.writable("gbt_2260")) == 3433
    assert Counter(each.retired for each in regions.codes.values()) == {True: 4015, False: 3433}
    assert regions.codes["510202"].successors == ("500201",)
    assert regions.successors("510202") == ["500201"]
    assert regions.successors("352126") == ["352103", "350782"]


def test_no_row_of_a_data_file_says_a_code_twice() -> None:
    documents = load_shipped().documents

    assert [
        name
        for name in ("code_sets", "codes", "tables", "elements")
        if len({tuple(row[:2]) for row in documents[name]}) != len(documents[name])
    ] == []
    assert len(documents["codes"]) - 1 == 9254
    assert len(documents["code_sets"]) - 1 == 165


def test_every_code_set_says_where_it_comes_from(dictionary: Dictionary) -> None:
    assert [
        each.id
        for each in dictionary.code_sets.values()
        if not (each.source and each.standard and each.version and each.zh)
    ] == []


def test_the_canonical_model_is_whole(dictionary: Dictionary) -> None:
    assert len(dictionary.entities) == 95
    assert [
        entity.name
        for entity in dictionary.entities.values()
        if not (entity.zh and entity.en and entity.systems and entity.levels and entity.rhythm)
    ] == []
    assert [
        f"{entity.name}.{each.name}"
        for entity in dictionary.entities.values()
        for each in entity.fields.values()
        if not (each.zh and each.en) or each.name in RESERVED
    ] == []


def test_facts_about_entities_are_of_known_words(dictionary: Dictionary) -> None:
    levels = {"school", "major", "course", "teacher", "student"}
    rhythms = {"realtime", "daily", "weekly", "monthly", "term", "yearly", "rare"}

    assert {each.rhythm for each in dictionary.entities.values()} == rhythms
    assert {level for each in dictionary.entities.values() for level in each.levels} == levels


def test_every_entity_has_something_that_may_leave_the_hub(dictionary: Dictionary) -> None:
    assert [
        entity.name
        for entity in dictionary.entities.values()
        if all(each.is_closed for each in entity.fields.values())
    ] == []


def test_an_entity_whose_key_tells_a_closed_thing_is_closed(dictionary: Dictionary) -> None:
    closed = {entity.name for entity in dictionary.entities.values() if entity.is_closed}

    assert closed == {"student_aid", "student_punishment"}


def test_psychological_data_is_numbers_of_a_major_alone(dictionary: Dictionary) -> None:
    summary = dictionary.entities["counselling_summary"]
    open_fields = [each.name for each in summary.fields.values() if not each.is_closed]

    assert open_fields == ["major_code", "month"]
    assert {each.ref for each in summary.fields.values()} == {"major", None}


def test_everything_has_a_name_in_both_languages(dictionary: Dictionary) -> None:
    assert [
        f"{entity.name}.{each.name}"
        for entity in dictionary.entities.values()
        for each in entity.fields.values()
        if not (entity.zh and entity.en and each.zh and each.en)
    ] == []


def test_every_word_of_an_enumeration_has_a_label_of_its_own(dictionary: Dictionary) -> None:
    words = {
        f"{entity.name}.{each.name}": each
        for entity in dictionary.entities.values()
        for each in entity.fields.values()
        if each.values
    }

    assert [name for name, each in words.items() if tuple(each.labels) != each.values] == []
    for language in (0, 1):
        labels = {
            name: [label[language] for label in f.labels.values()] for name, f in words.items()
        }
        assert [name for name, each in labels.items() if len({*each}) < len(each)] == []
        assert all(all(each) for each in labels.values())
    duties = {role: label.zh for role, label in words["staff_appointment.duty"].labels.items()}
    assert duties == {role: OWNER_ROLE_ZH[role] for role in duties}


def test_every_key_field_is_required(dictionary: Dictionary) -> None:
    assert [
        f"{entity.name}.{name}"
        for entity in dictionary.entities.values()
        for name in entity.key
        if not entity.fields[name].required
    ] == []


def test_every_key_and_reference_fits_an_index_and_a_scope(dictionary: Dictionary) -> None:
    assert [
        f"{entity.name}.{each.name}"
        for entity in dictionary.entities.values()
        for each in entity.fields.values()
        if (each.name in entity.key or each.ref)
        and each.type is FieldType.TEXT
        and not 0 < (each.max_length or 0) <= 190
    ] == []


def test_every_entity_that_is_referred_to_has_a_key_of_one_part(dictionary: Dictionary) -> None:
    referred = {
        each.ref for entity in dictionary.entities.values() for each in entity.fields.values()
    } - {None}

    assert {name for name in referred if len(dictionary.entities[str(name)].key) > 1} == set()


def test_identity_numbers_and_telephones_are_closed(dictionary: Dictionary) -> None:
    closed = {
        f"{entity.name}.{each.name}"
        for entity in dictionary.entities.values()
        for each in entity.fields.values()
        if each.is_closed
    }

    assert {"student.id_number", "student.phone", "staff.id_number", "staff.phone"} <= closed


def test_parts_of_a_record_key_are_escaped_where_there_are_several() -> None:
    assert record_key(["2026/1", "50%"]) == "2026%2F1/50%25"
    assert record_key(["2026/1"]) == "2026/1"


def test_a_field_knows_its_values() -> None:
    def field(kind: FieldType, **more: object) -> Field:
        return Field(name="f", type=kind, zh="字段", **more)  # type: ignore[arg-type]

    assert field(FieldType.INTEGER).holds("-7")
    assert not field(FieldType.INTEGER).holds("9223372036854775808")
    assert not field(FieldType.INTEGER).holds("٣")
    assert not field(FieldType.DECIMAL).holds("NaN")
    assert field(FieldType.DATE).holds("2026-02-28")
    assert not field(FieldType.DATE).holds("2026-02-29")
    assert not field(FieldType.TIMESTAMP).holds("2026-02-28T00:00:00")
    assert field(FieldType.ENUM, values=("a", "b")).holds("b")
    assert not field(FieldType.ENUM, values=("a", "b")).holds("c")
    assert field(FieldType.TEXT).holds("")


def test_only_sensitive_and_restricted_fields_are_closed() -> None:
    closed = [
        privacy.value
        for privacy in Privacy
        if Field(name="f", type=FieldType.TEXT, zh="字段", privacy=privacy).is_closed
    ]

    assert closed == ["sensitive", "restricted"]


def test_a_parent_is_a_field_that_says_so(dictionary: Dictionary) -> None:
    enrolment: Entity = dictionary.entities["enrolment"]

    assert [each.name for each in enrolment.fields.values() if each.parent] == [
        "class_no",
        "student_no",
    ]


def test_every_rule_of_a_scope_names_what_there_is(dictionary: Dictionary) -> None:
    kinds = set()
    for entity in dictionary.entities.values():
        rule, appoints = entity.scope, entity.appoints
        if rule is not None:
            kinds.add(rule.kind)
            own = [rule.name, rule.name_en, rule.valid_from, rule.valid_to, *rule.tags]
            assert {*filter(None, own), *rule.owners.values()} <= entity.fields.keys()
            assert {*rule.owners} <= OWNER_ROLE_ZH.keys()
            for kind, path in rule.parents.items():
                assert is_scope(f"{kind}/x")
                first, _, second = path.partition(".")
                refers = dictionary.entities[str(entity.fields[first].ref)]
                assert not second or second in refers.fields
        if appoints is not None:
            own = [appoints.person, appoints.valid_from, appoints.valid_to]
            assert {*own, *appoints.scopes.values()} <= entity.fields.keys()
            assert {*entity.fields[appoints.role].values} <= OWNER_ROLE_ZH.keys()
    students = {"class", "group", "teacher", "student"}
    assert kinds == {"school", "unit", "major", "course"} | students
