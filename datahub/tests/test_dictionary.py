"""The shipped dictionary holds: what the hub rests on is true of every entity."""

from datahub.dictionary.domain.entity import (
    Dictionary,
    Entity,
    Field,
    FieldType,
    Privacy,
    parse_entity,
    record_key,
)


def test_the_dictionary_does_not_contradict_itself(dictionary: Dictionary) -> None:
    assert dictionary.problems() == []
    assert len(dictionary.entities) == 20


def test_everything_has_a_name_in_both_languages(dictionary: Dictionary) -> None:
    assert [
        f"{entity.name}.{each.name}"
        for entity in dictionary.entities.values()
        for each in entity.fields.values()
        if not (entity.zh and entity.en and each.zh and each.en)
    ] == []


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


def test_a_dictionary_that_contradicts_itself_says_everything() -> None:
    entity = parse_entity(
        {
            "entity": "thing",
            "zh": "物",
            "en": "Thing",
            "key": ["no", "gone"],
            "fields": {
                "no": {"type": "text", "zh": "号", "ref": "nobody"},
                "kind": {"type": "enum", "zh": "类"},
                "code": {"type": "code", "zh": "码", "code_set": "none"},
            },
        }
    )

    assert Dictionary({"thing": entity}, {}).problems() == [
        "thing: key field gone is not declared",
        "thing.no: refers to unknown entity nobody",
        "thing.kind: an enumeration without words",
        "thing.code: unknown code set none",
    ]


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

    assert [each.name for each in enrolment.parents] == ["class_no"]
