"""What must become of every row of the OEA Contoso set: plain ``csv`` code, none of the suite's.

``python -m helix8.demo.oea.oracle DIRECTORY`` prints what an EXPECTED file holds: the ledger of
each file in the order of load.toml, and how many records the rows that wait are missing. A row is
put aside where it is not what its feed is about; it waits where a record that it is about is not
there; else it creates its record, changes it, or leaves it as it is.
"""

import csv
import gzip
import io
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

Row = dict[str, str]
Record = dict[str, str]
Key = tuple[str, ...]

_FATES: Final = ("received", "created", "updated", "unchanged", "quarantined", "parked")
_STATES: Final = {"Present": "present", "Absent": "absent"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How a file is read: which columns are the key, the fields, and name other records."""

    file: str
    feed: str
    entity: str
    key: tuple[str, ...]
    fields: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    """Column that names a record without which a row waits, by the record's entity."""

    takes: Callable[[Row], bool] = lambda _: True
    """Says whether a row is what the feed is about."""


def read(directory: Path, file: str) -> list[Row]:
    """Return the rows of a file, which may be packed."""
    path = directory / file
    packed = path.with_name(f"{path.name}.gz")
    content = path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes())
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def _is_whole_day(row: Row) -> bool:
    """Say whether a row is of a whole day, and its date written as the first batch writes it."""
    parts = row["attendance_date"].split("-")
    return row["all_day"] == "Yes" and [len(part) for part in parts] == [4, 2, 2]


def _step(file: str, feed: str, entity: str, key: str) -> Step:
    return Step(file=file, feed=feed, entity=entity, key=(key,))


_SIS, _MOODLE, _ATTENDANCE = "oea_sis", "oea_moodle", "oea_attendance"
_FIRST, _SECOND = (f"attendance/batch{n}_studentattendance.csv" for n in (1, 2))
_ENROLLED: Final = {"teaching_class": "SectionID", "student": "StudentID"}
_HANDED_IN: Final = {"assignment": "assignment", "student": "userid"}
_ATTEMPT: Final = ("assignment", "userid", "attemptnumber")

_STEPS: Final = (
    _step("sis/schools.csv", f"{_SIS}.org_unit", "org_unit", "SchoolID"),
    _step("sis/instructors.csv", f"{_SIS}.staff", "staff", "InstructorID"),
    _step("sis/courses.csv", f"{_SIS}.course", "course", "CourseID"),
    _step("sis/sections.csv", f"{_SIS}.teaching_class", "teaching_class", "SectionID"),
    Step(
        file="sis/instructors_enroll.csv",
        feed=f"{_SIS}.teaching",
        entity="teaching_class",
        key=("InstructsClass_SectionId",),
        fields=("InstructorId",),
    ),
    _step("sis/students.csv", f"{_SIS}.student", "student", "StudentID"),
    Step(
        file="sis/enrollment.csv",
        feed=f"{_SIS}.enrolment",
        entity="enrolment",
        key=("SectionID", "StudentID"),
        about=_ENROLLED,
    ),
    _step("moodle/user.csv", f"{_MOODLE}.person", "person", "id"),
    Step(
        file="moodle/course.csv",
        feed=f"{_MOODLE}.teaching_class",
        entity="teaching_class",
        key=("id",),
        fields=("startdate", "enddate"),
    ),
    Step(
        file="moodle/user_enrolments.csv",
        feed=f"{_MOODLE}.enrolment",
        entity="enrolment",
        key=("#class", "userid"),
        fields=("timestart", "status"),
        about={"teaching_class": "#class", "student": "userid"},
        takes=lambda row: row["#class"] != "",
    ),
    *(
        Step(
            file=f"moodle/{file}.csv",
            feed=f"{_MOODLE}.{feed}",
            entity="assignment",
            key=("id",),
            about={"teaching_class": "course"},
        )
        for file, feed in (("assign", "assignment"), ("quiz", "quiz"))
    ),
    Step(
        file="moodle/assign_submission.csv",
        feed=f"{_MOODLE}.submission",
        entity="submission",
        key=_ATTEMPT,
        fields=("timemodified",),
        about=_HANDED_IN,
    ),
    Step(
        file="moodle/assign_grades.csv",
        feed=f"{_MOODLE}.grade",
        entity="submission",
        key=_ATTEMPT,
        fields=("grade",),
        about=_HANDED_IN,
    ),
    Step(
        file="moodle/quiz_attempts.csv",
        feed=f"{_MOODLE}.quiz_attempt",
        entity="submission",
        key=("quiz", "userid", "attempt"),
        fields=("timefinish", "sumgrades"),
        about={"assignment": "quiz", "student": "userid"},
    ),
    *(
        Step(
            file=file,
            feed=f"{_ATTENDANCE}.day_attendance",
            entity="day_attendance",
            key=("student_id", "attendance_date"),
            about={"student": "student_id"},
            takes=_is_whole_day,
        )
        for file in (_FIRST, _SECOND)
    ),
    Step(
        file=_SECOND,
        feed=f"{_ATTENDANCE}.attendance",
        entity="attendance",
        key=("section_id", "attendance_date", "Period", "student_id"),
        about={"teaching_class": "section_id", "student": "student_id"},
        takes=lambda row: row["all_day"] == "No" and row["attendance_status"] in _STATES,
    ),
)


def expected(directory: Path) -> dict[str, Any]:
    """Compute the ledger of every file, in order, and count the records that come of them."""
    sections = _sections(directory)
    there: dict[str, dict[Key, Record]] = {}
    ledgers = []
    for step in _STEPS:
        missing: dict[str, set[str]] = {}
        ledger = dict.fromkeys(_FATES, 0)
        for row in read(directory, step.file):
            row["#class"] = sections.get(row.get("enrolid", ""), "")
            ledger["received"] += 1
            ledger[_fate(step, row, there, missing)] += 1
        waits_for = {entity: len(keys) for entity, keys in sorted(missing.items())}
        ledgers.append({"file": step.file, "feed": step.feed, **ledger, "waits_for": waits_for})
    return {
        "files": ledgers,
        "records": {entity: len(found) for entity, found in sorted(there.items())},
    }


def _fate(
    step: Step,
    row: Row,
    there: dict[str, dict[Key, Record]],
    missing: dict[str, set[str]],
) -> str:
    if not step.takes(row):
        return "quarantined"
    lacks = {
        entity: row[column]
        for entity, column in step.about.items()
        if (row[column],) not in there.get(entity, {})
    }
    for entity, name in lacks.items():
        missing.setdefault(entity, set()).add(name)
    if lacks:
        return "parked"
    key = tuple(row[name] for name in step.key)
    said = {f"{step.feed}.{name}": row[name] for name in step.fields}
    before = there.setdefault(step.entity, {}).get(key)
    there[step.entity][key] = {**(before or {}), **said}
    if before is None:
        return "created"
    return "unchanged" if there[step.entity][key] == before else "updated"


def _sections(directory: Path) -> dict[str, str]:
    """Return the section by way of enrolling, of students alone: what enrol.csv says."""
    return {
        row["id"]: row["courseid"]
        for row in read(directory, "moodle/enrol.csv")
        if row["name"] == "Enrolled student"
    }


def main() -> None:
    """Print what is expected of the directory named on the command line."""
    sys.stdout.write(json.dumps(expected(Path(sys.argv[1])), indent=1) + "\n")


if __name__ == "__main__":
    main()
