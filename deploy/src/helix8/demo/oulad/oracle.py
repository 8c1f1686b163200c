"""Figures of the OULAD set by another road: plain ``csv`` and decimals, none of the suite's code.

``python -m helix8.demo.oulad.oracle DIRECTORY`` prints what EXPECTED.json of that directory holds.
Ratios are decimals rounded to six places, half to even; a figure without rows is left out.
"""

import csv
import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

Row = dict[str, str]
Figures = dict[str, object]

_TABLES = ("courses", "assessments", "studentInfo", "studentRegistration", "studentAssessment")
_CLICKS = "studentVle.tsv.gz"
_PASSED = ("Pass", "Distinction")


def read_table(directory: Path, table: str) -> list[Row]:
    """Return the rows of a comma separated table; empty when the cut does not have the file."""
    path = directory / f"{table}.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read_clicks(directory: Path) -> Iterator[Row]:
    """Yield the rows of the click log, exact duplicates included."""
    path = directory / _CLICKS
    if not path.exists():
        return
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t")


def ratio(numerator: Decimal | int, denominator: int) -> float:
    """Divide, rounded to six places half to even; as the shortest float, for JSON."""
    value = Decimal(numerator) / Decimal(denominator)
    return float(value.quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN))


def presentation(row: Row) -> str:
    """Name the presentation a row belongs to."""
    return f"{row['code_module']}-{row['code_presentation']}"


def enrolment_figures(students: list[Row], registrations: list[Row]) -> Figures:
    """Return what the rows of students and registrations of one presentation say."""
    results = Counter(row["final_result"] for row in students)
    passed = sum(results[word] for word in _PASSED)
    return {
        "registered": len(students),
        "final_result": dict(results.most_common()),
        "withdrawn_rate": ratio(results["Withdrawn"], len(students)),
        "pass_rate_of_all": ratio(passed, len(students)),
        "pass_rate_of_completers": ratio(passed, len(students) - results["Withdrawn"]),
        "unregistered": sum(row["date_unregistration"] != "" for row in registrations),
    }


def submission_figures(submissions: list[Row], due: dict[str, str]) -> Figures:
    """Return what the submissions say; ``due`` maps an assessment to its day, "" for none."""
    scores = [Decimal(row["score"]) for row in submissions if row["score"] != ""]
    late = [
        row
        for row in submissions
        if due[row["id_assessment"]] != ""
        and row["is_banked"] == "0"
        and int(row["date_submitted"]) > int(due[row["id_assessment"]])
    ]
    return {
        "submissions": len(submissions),
        "score_missing": len(submissions) - len(scores),
        "mean_score": ratio(sum(scores, Decimal(0)), len(scores)),
        "score_below_40": sum(score < 40 for score in scores),
        "late_submissions_not_banked": len(late),
    }


def click_figures(rows: Iterator[Row]) -> dict[str, Figures]:
    """Return the figures of the click log per presentation."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    active: dict[str, set[str]] = defaultdict(set)
    seen: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for row in rows:
        name = presentation(row)
        whole = tuple(row.values())
        counts[name]["rows"] += 1
        counts[name]["clicks"] += int(row["sum_click"])
        counts[name]["duplicates"] += whole in seen[name]
        active[name].add(row["id_student"])
        seen[name].add(whole)
    return {
        name: {
            "vle_rows": count["rows"],
            "clicks": count["clicks"],
            "active_students": len(active[name]),
            "exact_duplicate_rows": count["duplicates"],
        }
        for name, count in counts.items()
    }


def _by_presentation(rows: list[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[presentation(row)].append(row)
    return groups


def _by_assessment(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    homes = {row["id_assessment"]: presentation(row) for row in tables["assessments"]}
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in tables["studentAssessment"]:
        groups[homes[row["id_assessment"]]].append(row)
    return groups


def expected(directory: Path) -> Figures:
    """Compute every figure of EXPECTED.json from the files of a directory."""
    tables = {table: read_table(directory, table) for table in _TABLES}
    clicks = click_figures(read_clicks(directory))
    students = _by_presentation(tables["studentInfo"])
    registrations = _by_presentation(tables["studentRegistration"])
    submissions = _by_assessment(tables)
    due = {row["id_assessment"]: row["date"] for row in tables["assessments"]}
    figures: dict[str, Figures] = {}
    for name in sorted(students):
        figures[name] = {
            **enrolment_figures(students[name], registrations[name]),
            **submission_figures(submissions[name], due),
            "repeaters": sum(int(row["num_of_prev_attempts"]) > 0 for row in students[name]),
            **clicks.get(name, {}),
        }
    seen = Counter(row["id_student"] for row in tables["studentInfo"])
    rows: Figures = {table: len(tables[table]) for table in _TABLES}
    if vle := read_table(directory, "vle"):
        rows["vle"] = len(vle)
    rows["studentVle"] = sum(1 for _ in read_clicks(directory))
    return {
        "rows": rows,
        "distinct_students": len(seen),
        "students_in_more_than_one_presentation": sum(count > 1 for count in seen.values()),
        "presentations": figures,
    }


def main() -> None:
    """Print the figures of the directory named on the command line."""
    sys.stdout.write(json.dumps(expected(Path(sys.argv[1])), indent=1))


if __name__ == "__main__":
    main()
