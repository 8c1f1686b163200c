"""Every row received has exactly one fate, however a delivery is cut."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain import mapping
from datahub.ingest.domain.feed_document import parse_feed
from datahub.ingest.domain.ledger import Ledger, Verdict, total
from datahub.ingest.domain.reading_json import read_records
from datahub.ingest.usecases.deliveries import with_bad_lines

VALUES = st.sampled_from(["1", "2", "x", "", "甲", None, 3, 1.5, True, {"a": 1}, "\0", "\ufffd"])
RECORDS = st.lists(
    st.one_of(
        st.dictionaries(st.sampled_from(["no", "score", "other"]), VALUES, max_size=3),
        st.sampled_from([None, 1, "text", [1]]),
    ),
    max_size=12,
)


def test_a_ledger_that_misses_a_row_does_not_balance() -> None:
    assert Ledger(received=3, created=1, quarantined=2).difference == 0
    assert Ledger(received=3, created=1, quarantined=1).difference == 1
    assert Ledger(received=1, created=1, updated=1).difference == -1


def test_the_parts_of_a_delivery_add_up() -> None:
    parts = [Ledger(received=2, created=2), Ledger(received=3, updated=1, duplicate=2)]

    assert total(parts) == Ledger(received=5, created=2, updated=1, duplicate=2)


@given(records=RECORDS, policy=st.sampled_from(["reject", "quarantine", "ignore"]))
def test_every_record_is_a_row_or_has_a_reason(
    dictionary: Dictionary, records: list[object], policy: str
) -> None:
    feed = parse_feed(
        {
            "feed": "t",
            "source": "academic",
            "entity": "assignment",
            "unknown_fields": policy,
            "fields": {
                "assignment_no": {"from": "no"},
                "class_no": {"constant": "C1"},
                "weight": {"from": "score"},
            },
        },
        dictionary,
        1,
    )
    [chunk] = read_records(records)

    mapped = with_bad_lines(mapping.apply(feed, chunk, {}), chunk)

    good = set(mapped.good["#line"].to_list())
    bad = {each.row for each in mapped.verdicts}
    kept = {each.row for each in mapped.verdicts if each.verdict is not Verdict.DUPLICATE}
    assert good & bad == set()
    assert good | bad == set(range(1, len(records) + 1))
    assert set(mapped.raw) == kept
    assert mapped.good["#key"].n_unique() == mapped.good.height
    assert mapped.good.schema["#key"] == pl.String
