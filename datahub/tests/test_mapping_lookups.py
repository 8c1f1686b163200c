"""A field that is taken from another record, found by columns of the row."""

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain import mapping
from datahub.ingest.domain.feed import Feed, Lookup
from datahub.ingest.domain.feed_document import parse_feed
from datahub.ingest.domain.ledger import Verdict
from datahub.tests.mapping_rows import whole

CLASS_START = Lookup(entity="teaching_class", key=("class",), take="starts_on")


def lookup_feed(dictionary: Dictionary) -> Feed:
    return parse_feed(
        {
            "feed": "t",
            "source": "academic",
            "entity": "assignment",
            "fields": {
                "assignment_no": {"from": "no"},
                "class_no": {"from": "class"},
                "starts_on": {
                    "lookup": {"entity": "teaching_class", "key": "class", "take": "starts_on"}
                },
                "due_on": {
                    "from": "due",
                    "parse": "days_after",
                    "day0": {"lookup": "teaching_class", "key": ["class"], "take": "starts_on"},
                },
            },
        },
        dictionary,
        1,
    )


def test_a_lookup_takes_a_field_of_the_record_that_a_row_refers_to(dictionary: Dictionary) -> None:
    feed = lookup_feed(dictionary)
    chunk = whole([{"no": "1", "class": "C1", "due": "19"}])
    assert mapping.lookup_keys(feed, chunk) == {CLASS_START: ["C1"]}

    mapped = mapping.apply(feed, chunk, {CLASS_START: {"C1": "2013-10-01"}})

    assert mapped.good.select("starts_on", "due_on").rows() == [("2013-10-01", "2013-10-20")]


def test_a_row_whose_lookup_finds_nothing_waits(dictionary: Dictionary) -> None:
    mapped = mapping.apply(
        lookup_feed(dictionary), whole([{"no": "1", "class": "C1", "due": "19"}]), {}
    )

    assert {each.verdict for each in mapped.verdicts} == {Verdict.PARKED}
    assert mapped.good.height == 0


def test_a_lookup_of_an_empty_field_is_no_empty_text(dictionary: Dictionary) -> None:
    mapped = mapping.apply(
        lookup_feed(dictionary),
        whole([{"no": "1", "class": "C1"}]),
        {CLASS_START: {"C1": ""}},
    )

    assert [each.code for each in mapped.verdicts] == ["no-parent"]
