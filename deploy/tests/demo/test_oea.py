"""The OEA Contoso set: its oracle, its counts, its attribution, and the files that load it."""

import json
import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

from helix8.demo.oea import oracle
from helix8.demo.sources import oea_package_of

HOME = Path(str(files("helix8.demo.oea")))
SAMPLE = HOME / "sample"
KIB = 1024


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def ledgers(directory: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what is expected of each file, without its directory, and feed."""
    document = json.loads((directory / "EXPECTED.json").read_text(encoding="utf-8"))
    return {
        (each["file"].partition("/")[2], each["feed"].partition(".")[2]): each
        for each in document["files"]
    }


def test_oracle_gives_what_the_sample_says() -> None:
    stored = json.loads((SAMPLE / "EXPECTED.json").read_text(encoding="utf-8"))

    assert oracle.expected(SAMPLE) == stored


def test_the_counts_of_the_full_set_are_those_counted_by_hand() -> None:
    """600 students in five schools, six sections each; 600 others, on twenty days."""
    found = ledgers(HOME)

    def said(file: str, feed: str) -> tuple[int, ...]:
        fates = ("received", "created", "updated", "quarantined", "parked")
        return tuple(found[file, feed][fate] for fate in fates)

    assert said("students.csv", "student") == (600, 5 * 120, 0, 0, 0)
    assert said("enrollment.csv", "enrolment") == (3600, 600 * 6, 0, 0, 0)
    # Moodle enrols the 87 instructors of the 87 sections, too.
    assert said("user_enrolments.csv", "enrolment") == (3600 + 87, 0, 3600, 87, 0)
    assert said("user.csv", "person") == (640, 600 + 40, 0, 0, 0)
    # Of 2,616 first attempts 970 had a second and 255 a third; each student's last was graded.
    assert said("assign_submission.csv", "submission") == (3841, 2616 + 970 + 255, 0, 0, 0)
    assert said("assign_grades.csv", "grade") == (2616, 0, 2616, 0, 0)
    assert said("quiz_attempts.csv", "quiz_attempt") == (6862, 4419 + 1848 + 595, 0, 0, 0)
    batch_1, batch_2 = (f"batch{n}_studentattendance.csv" for n in (1, 2))
    assert said(batch_1, "day_attendance") == (12_000, 0, 0, 0, 600 * 20)
    assert found[batch_1, "day_attendance"]["waits_for"] == {"student": 600}
    assert said(batch_2, "day_attendance") == (20, 0, 0, 20, 0)
    assert said(batch_2, "attendance") == (20, 0, 0, 0, 20)
    assert found[batch_2, "attendance"]["waits_for"] == {"student": 16, "teaching_class": 7}
    assert sum(each["received"] for each in found.values()) == 34_552


def test_the_sample_is_one_school_with_the_attendance_of_all() -> None:
    part, whole = ledgers(SAMPLE), ledgers(HOME)
    same = {place for place in whole if part[place] == whole[place]}

    assert part.keys() == whole.keys()
    assert same == {place for place in whole if place[0].startswith("batch")}
    assert part["students.csv", "student"]["created"] == 120


def test_sample_is_small_and_names_its_source() -> None:
    size = sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file())
    text = (SAMPLE / "ATTRIBUTION.md").read_text(encoding="utf-8")

    assert size <= 700 * KIB
    assert "Microsoft and the OpenEduAnalytics contributors" in text
    assert "https://creativecommons.org/licenses/by/4.0/" in text


def test_load_list_names_files_and_feeds_that_exist() -> None:
    feeds = {read(path)["feed"] for path in (HOME / "feeds").glob("*.toml")}
    uploads = list(oea_package_of(None, date(2026, 11, 26)).uploads)

    assert {each.feed for each in uploads} == feeds
    assert len(uploads) == len(ledgers(SAMPLE)) + 1, "the terms are no file of the set"
    assert sum(each.parked for each in uploads) == 12_020
    assert [each.document for each in uploads if each.packed] == [
        "sis/enrollment.csv",
        "moodle/user_enrolments.csv",
        "moodle/assign_submission.csv",
        "moodle/assign_grades.csv",
        "moodle/quiz_attempts.csv",
        "attendance/batch1_studentattendance.csv",
    ]


def test_a_column_is_mapped_or_ignored_by_name_unless_its_feed_ignores_all_others() -> None:
    feeds = {each["feed"]: each for each in map(read, (HOME / "feeds").glob("*.toml"))}
    for step in read(HOME / "load.toml")["files"]:
        feed = feeds[step["feed"]]
        columns = set(oracle.read(HOME if step.get("own") else SAMPLE, step["file"])[0])
        named = _columns(feed)
        if feed.get("unknown_fields") == "ignore":
            assert named <= columns, step
        else:
            assert named == columns, step


def _columns(feed: dict[str, Any]) -> set[str]:
    found = set(feed.get("ignore", ()))
    for field in feed["fields"].values():
        named = field.get("from", [])
        found |= {named} if isinstance(named, str) else set(named)
    return found
