"""The scores that are loaded: OULAD's own, or rows of the same shape made from the sample."""

import csv
import io
import os
from pathlib import Path
from typing import Final

from helix8.demo import oulad

ROWS: Final = 82_842
"""Submissions of the 2013 presentations."""

PACKAGE: Final = Path(oulad.__file__).parent


def folder() -> Path:
    """Return the folder of the full set, or that of the sample."""
    given = os.environ.get("OULAD")  # noqa: TID251
    return Path(given) if given else PACKAGE / "sample"


def scores() -> bytes:
    """Return 82,842 submissions as CSV; the sample's are repeated for other students."""
    text = (folder() / "studentAssessment.csv").read_text(encoding="utf-8")
    header, *lines = text.splitlines()
    if len(lines) >= ROWS:
        return text.encode()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = next(csv.reader([header]))
    writer.writerow(names)
    student = names.index("id_student")
    written = round_ = 0
    while written < ROWS:
        for row in csv.reader(lines):
            if written == ROWS:
                break
            row[student] = f"{round_}{row[student]}"
            writer.writerow(row)
            written += 1
        round_ += 1
    return out.getvalue().encode()


def files() -> list[tuple[str, bytes]]:
    """Return what must be loaded before the scores: (feed, CSV)."""
    terms = (PACKAGE / "terms.csv").read_bytes()
    return [("oulad.term", terms)] + [
        (feed, (folder() / name).read_bytes())
        for feed, name in (
            ("oulad.course", "courses.csv"),
            ("oulad.teaching_class", "courses.csv"),
            ("oulad.assignment", "assessments.csv"),
        )
    ]


def students(submissions: bytes) -> bytes:
    """Return those who handed in, as the feed of students reads them: who they are, no more."""
    text = (folder() / "studentInfo.csv").read_text(encoding="utf-8")
    columns = next(csv.reader(text.splitlines()[:1]))
    rows = csv.DictReader(io.StringIO(submissions.decode()))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({"id_student": each} for each in sorted({row["id_student"] for row in rows}))
    return out.getvalue().encode()
