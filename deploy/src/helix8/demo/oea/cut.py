"""Cut the sample of the OEA Contoso set that ships with the suite, line by line as it stands.

``python -m helix8.demo.oea.cut FULL SAMPLE``. Kept: the School of Fine Arts with its courses,
sections, teachers, students and all that Moodle holds of them; and the attendance of all, whose
students are in no list. Files above `_PACKED_BYTES` are packed.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from helix8.demo.oea import oracle
from helix8.demo.oulad.cut import Keep, filter_lines

_SCHOOL: Final = "School of Fine Arts"
_PACKED_BYTES: Final = 64 * 1024


def _keeps(full: Path) -> Iterator[tuple[str, Keep]]:
    """Yield each file with the rows of it that are kept."""

    def ids(file: str, column: str, keep: Keep) -> set[str]:
        return {row[column] for row in oracle.read(full, file) if keep(row)}

    def of_school(row: oracle.Row) -> bool:
        return row["SchoolName"] == _SCHOOL

    schools = ids("sis/schools.csv", "SchoolID", of_school)
    sections = ids("sis/sections.csv", "SectionID", of_school)
    students = ids("sis/students.csv", "StudentID", of_school)
    teachers = ids(
        "sis/instructors_enroll.csv", "InstructorId", lambda row: row["SchoolId"] in schools
    )
    work = {
        each: ids(f"moodle/{each}.csv", "id", lambda row: row["course"] in sections)
        for each in ("assign", "quiz")
    }
    ways = ids("moodle/enrol.csv", "id", lambda row: row["courseid"] in sections)
    for file in ("schools", "courses", "sections", "students", "enrollment"):
        yield f"sis/{file}.csv", of_school
    yield "sis/instructors.csv", lambda row: row["InstructorID"] in teachers
    yield "sis/instructors_enroll.csv", lambda row: row["SchoolId"] in schools
    yield "moodle/user.csv", lambda row: row["id"] in students | teachers
    yield "moodle/course.csv", lambda row: row["id"] in sections
    yield "moodle/enrol.csv", lambda row: row["id"] in ways
    yield "moodle/user_enrolments.csv", lambda row: row["enrolid"] in ways
    yield "moodle/assign.csv", lambda row: row["id"] in work["assign"]
    yield "moodle/quiz.csv", lambda row: row["id"] in work["quiz"]
    yield "moodle/assign_submission.csv", lambda row: row["assignment"] in work["assign"]
    yield "moodle/assign_grades.csv", lambda row: row["assignment"] in work["assign"]
    yield "moodle/quiz_attempts.csv", lambda row: row["quiz"] in work["quiz"]
    for batch in (1, 2):
        yield f"attendance/batch{batch}_studentattendance.csv", lambda _: True


def cut(full: Path, sample: Path) -> None:
    """Write the sample and its EXPECTED.json."""
    for file, keep in _keeps(full):
        text = (full / file).read_bytes().decode("utf-8")
        content = "".join(filter_lines(text.splitlines(keepends=True), ",", keep)).encode("utf-8")
        target = sample / file
        target.parent.mkdir(parents=True, exist_ok=True)
        if len(content) > _PACKED_BYTES:
            packed = gzip.compress(content, mtime=0)
            target.with_name(f"{target.name}.gz").write_bytes(packed)
        else:
            target.write_bytes(content)
    figures = json.dumps(oracle.expected(sample), indent=1)
    (sample / "EXPECTED.json").write_text(figures + "\n", encoding="utf-8")


def main() -> None:
    """Cut from the first directory named on the command line into the second."""
    cut(Path(sys.argv[1]), Path(sys.argv[2]))


if __name__ == "__main__":
    main()
