"""Cut the sample of OULAD that ships with the suite out of the full set, byte for byte.

``python -m helix8.demo.oulad.cut FULL SAMPLE``. Kept: the whole presentation AAA-2013J with the
clicks of every fifth of its students, and of BBB-2013B and BBB-2013J every twelfth student plus
everybody who took both, with the clicks of 2013B. So the sample has both terms, people in two
presentations, carried-over results, missing scores, exams without a date and duplicate lines.
"""

import csv
import gzip
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from helix8.demo.oulad import oracle

_WHOLE = "AAA-2013J"
_PARTS = ("BBB-2013B", "BBB-2013J")

Keep = Callable[[oracle.Row], bool]


def _members(full: Path) -> dict[str, set[str]]:
    """Return the students kept, per presentation."""
    rows = oracle.read_table(full, "studentInfo")
    taken = Counter(row["id_student"] for row in rows if oracle.presentation(row) in _PARTS)
    kept: dict[str, set[str]] = {name: set() for name in (_WHOLE, *_PARTS)}
    for row in rows:
        name, student = oracle.presentation(row), row["id_student"]
        chosen = int(student) % 12 == 0 or taken[student] > 1
        if name == _WHOLE or (name in _PARTS and chosen):
            kept[name].add(student)
    return kept


def filter_lines(lines: list[str], delimiter: str, keep: Keep) -> list[str]:
    """Return the header and the lines whose row is kept, as they stand in the file."""
    header = next(csv.reader(lines[:1], delimiter=delimiter))
    rows = csv.reader(lines[1:], delimiter=delimiter)
    kept = [
        line
        for line, row in zip(lines[1:], rows, strict=True)
        if keep(dict(zip(header, row, strict=True)))
    ]
    return [lines[0], *kept]


def _cut_table(full: Path, sample: Path, table: str, keep: Keep) -> None:
    text = (full / f"{table}.csv").read_bytes().decode("utf-8")
    lines = filter_lines(text.splitlines(keepends=True), ",", keep)
    (sample / f"{table}.csv").write_bytes("".join(lines).encode("utf-8"))


def _cut_clicks(full: Path, sample: Path, keep: Keep) -> None:
    text = gzip.decompress((full / "studentVle.tsv.gz").read_bytes()).decode("utf-8")
    lines = filter_lines(text.splitlines(keepends=True), "\t", keep)
    packed = gzip.compress("".join(lines).encode("utf-8"), mtime=0)
    (sample / "studentVle.tsv.gz").write_bytes(packed)


def cut(full: Path, sample: Path) -> None:
    """Write the sample and its EXPECTED.json."""
    kept = _members(full)
    homes = {
        row["id_assessment"]: oracle.presentation(row)
        for row in oracle.read_table(full, "assessments")
    }

    def in_cut(row: oracle.Row) -> bool:
        return row["id_student"] in kept.get(oracle.presentation(row), ())

    def has_clicks(row: oracle.Row) -> bool:
        whole = oracle.presentation(row) == _WHOLE
        return in_cut(row) and (not whole or int(row["id_student"]) % 5 == 0)

    sample.mkdir(parents=True, exist_ok=True)
    for table in ("courses", "assessments"):
        _cut_table(full, sample, table, lambda row: oracle.presentation(row) in kept)
    for table in ("studentInfo", "studentRegistration"):
        _cut_table(full, sample, table, in_cut)
    _cut_table(
        full,
        sample,
        "studentAssessment",
        lambda row: row["id_student"] in kept.get(homes[row["id_assessment"]], ()),
    )
    _cut_clicks(full, sample, has_clicks)
    figures = json.dumps(oracle.expected(sample), indent=1)
    (sample / "EXPECTED.json").write_text(figures + "\n", encoding="utf-8")


def main() -> None:
    """Cut from the first directory named on the command line into the second."""
    cut(Path(sys.argv[1]), Path(sys.argv[2]))


if __name__ == "__main__":
    main()
