"""Statements as they are written."""

from shared.kit.sql import text


def test_the_same_words_are_the_same_statement_and_it_knows_its_parameters() -> None:
    first = text("SELECT :one, CAST(:two AS text)")
    assert text("SELECT :one, CAST(:two AS text)") is first
    assert sorted(first.compile().params) == ["one", "two"]
    assert text("SELECT :one") is not first
