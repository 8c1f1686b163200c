"""The page about feeds tells of every word that a feed may use, and its example is a feed."""

import re
import tomllib
from pathlib import Path

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain import feed_document, field_document, parser_options, terms
from datahub.ingest.domain.feed_document import parse_feed
from datahub.ingest.domain.words import WARNINGS

PAGE = (Path(__file__).parents[1] / "FEEDS.md").read_text("utf-8")
WORDS = {
    *feed_document._KEYS - {"format", "fields", "codes", "aggregate"},
    *feed_document._FORMAT_KEYS,
    *feed_document.POLICIES,
    *feed_document.ENCODINGS,
    *feed_document.CONTENTS,
    *feed_document.RHYTHMS,
    *field_document._FIELD_KEYS,
    *(parser for parsers in field_document.PARSERS.values() for parser in parsers),
    *parser_options._TERM_KEYS,
    *terms.STYLES,
    *terms.GIVES,
    *WARNINGS,
}


@pytest.mark.parametrize("word", sorted(WORDS))
def test_every_word_is_explained(word: str) -> None:
    assert re.search(rf"`[^`\n]*\b{re.escape(word)}\b[^`\n]*`", PAGE), word


def test_no_other_key_is_promised() -> None:
    rows = re.findall(r"^\| ((?:`[a-z_]+` ?)+) \|", PAGE, re.MULTILINE)

    assert {word for row in rows for word in re.findall(r"`([a-z_]+)`", row)} <= WORDS


def test_the_example_is_a_feed(dictionary: Dictionary) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)

    feed = parse_feed(tomllib.loads(example), dictionary, 1)

    assert (feed.id, feed.fill_down, feed.footer) == ("hr.staff", ("部门",), ("合计", "制表人"))
    assert feed.targets == ("staff_no", "name", "sex", "org_code", "hired_on", "title")
