"""Golden values of the catalogue: how diagnosis and improvement itself runs (PR01–PR08)."""

from typing import Any

import pytest
import pytest_asyncio

from datahub.tests.golden import Line, measure, read_lines

pytestmark = pytest.mark.asyncio(loop_scope="module")

# The hub's own numbers of values would count with those of the college.
SETTINGS = {"value_totals_seconds": 0}

COLLEGE = {
    "org_unit": """
        org_code | name
        O1       | 建筑学院
        O2       | 信息学院
        O3       | 教务处
        O4       | 学工处
    """,
    "major": """
        major_code | org_code
        M1         | O1
    """,
    "student": """
        student_no | major_code | in_school
        S1         | M1         | true
        S2         | M1         | true
        S3         | M1         | true
        S4         | M1         | true
        S5         | M1         | false
    """,
    "staff": """
        staff_no | org_code | external
        T1       | O1       | false
        T2       | O1       | false
        T3       | O1       | true
        T4       | O2       | false
    """,
    "data_feed": """
        feed_code | way | in_time | rows_gathered | rows_valid
        F1        | 2   | true    | 600           | 588
        F2        | 2   | true    | 300           | 297
        F3        | 2   | false   | 60            | 60
        F4        | 1   | true    | 40            | 35
    """,
    "indicator_total": """
        indicator          | values_told | values_typed
        course_pass_rate   | 190         | 0
        employers_content  | 8           | 8
        students_in_school | 2           | 2
    """,
    "alert": """
        alert_no | severity | major_code | org_code | raised_at                | closed_at                | handling_hours | recurred
        1        | red      | M1         | O1       | {P}-06-01T08:00:00+08:00 | {P}-06-02T08:00:00+08:00 | 8              | false
        2        | orange   | M1         | O1       | {P}-06-01T08:00:00+08:00 | {P}-06-05T08:00:00+08:00 | 30             | true
        3        | yellow   | M1         | O1       | {P}-06-02T08:00:00+08:00 | {P}-06-05T08:00:00+08:00 | 22             | false
        4        | blue     |            | O2       | {P}-06-03T08:00:00+08:00 | {P}-06-03T12:00:00+08:00 | 4              | false
        5        | blue     |            | O2       | {P}-06-03T08:00:00+08:00 |                          |                |
    """,
    "correction": """
        correction_no | alert_no | major_code | org_code | opened_at                | closed_at                | effective
        1             | 1        | M1         | O1       | {P}-06-01T09:00:00+08:00 | {P}-06-02T08:00:00+08:00 | true
        2             | 2        | M1         | O1       | {P}-06-01T09:00:00+08:00 | {P}-06-05T08:00:00+08:00 | false
        3             | 3        | M1         | O1       | {P}-06-02T09:00:00+08:00 | {P}-06-05T08:00:00+08:00 | true
        4             | 4        |            | O2       | {P}-06-03T09:00:00+08:00 | {P}-06-03T12:00:00+08:00 | true
        5             | 5        |            | O2       | {P}-06-03T09:00:00+08:00 |                          |
    """,
    "diagnosis": """
        diagnosis_no | org_code | due_on    | signed_on
        D1           | O1       | {Y}-01-31 | {Y}-01-20
        D2           | O2       | {Y}-01-31 |
    """,
    "participation": """
        diagnosis_no | kind    | participant_no | org_code | staff_no | student_no | took_part_on
        D1           | unit    | O1             | O1       |          |            | {Y}-01-10
        D1           | unit    | O3             | O3       |          |            | {Y}-01-10
        D2           | unit    | O1             | O1       |          |            | {Y}-01-11
        D1           | staff   | T1             | O1       | T1       |            | {Y}-01-10
        D1           | staff   | T4             | O2       | T4       |            | {Y}-01-10
        D2           | staff   | T1             | O1       | T1       |            | {Y}-01-11
        D1           | student | S1             | O1       |          | S1         | {Y}-01-10
        D2           | unit    | O4             | O4       |          |            | {P}-01-11
    """,
    "improvement_measure": """
        measure_no | diagnosis_no | org_code | carried | due_on    | done_on
        1          | D1           | O1       | true    | {Y}-01-20 | {Y}-01-18
        2          | D1           | O1       | true    | {Y}-01-20 |
        3          | D1           | O1       | true    | {Y}-01-21 | {Y}-01-22
        4          | D1           | O1       | true    | {Y}-01-21 | {Y}-01-20
        5          | D1           | O1       | false   | {Y}-01-21 | {Y}-01-20
    """,
    "report": """
        report_no | org_code | due_on    | submitted_on
        1         | O1       | {Y}-01-25 | {Y}-01-25
        2         | O1       | {Y}-01-25 | {Y}-01-26
        3         | O2       | {Y}-01-25 | {Y}-01-20
        4         | O2       | {Y}-01-25 |
        5         | O3       | {Y}-01-25 | {Y}-01-02
    """,
    "task": """
        task_no | kind | org_code | due_on    | done_on   | warned
        1       | plan | O1       | {P}-06-01 | {P}-05-01 | true
        2       | key  | O1       | {P}-06-01 |           | false
    """,
}  # fmt: skip

GOLDEN = read_lines("""
indicator                  | scope    | period    | numerator | denominator | value    | arithmetic
feeds_in_time_ratio        | school/S | month     | 3         | 4           | 0.75     | F1, F2, F4 ÷ F1–F4
valid_rows_ratio           | school/S | month     | 980       | 1000        | 0.98     | (588 + 297 + 60 + 35) ÷ (600 + 300 + 60 + 40)
manual_entry_ratio         | school/S | month     | 40        | 1000        | 0.04     | F4 40 ÷ 1000
manual_value_ratio         | school/S | month     | 10        | 200         | 0.05     | (8 + 2) ÷ (190 + 8 + 2)
alert_handling_ratio       | school/S | last year | 4         | 5           | 0.8      | alerts 1–4 ÷ 1–5
alert_handling_ratio       | unit/O2  | last year | 1         | 2           | 0.5      | alert 4 ÷ (4, 5)
alert_handling_hours       | school/S | last year | 64        | 4           | 16       | (8 + 30 + 22 + 4) ÷ 4
alert_handling_hours       | major/M1 | last year | 60        | 3           | 20       | (8 + 30 + 22) ÷ 3
alert_recurrence_ratio     | school/S | last year | 1         | 4           | 0.25     | alert 2 ÷ 1–4
correction_effect_ratio    | school/S | last year | 3         | 4           | 0.75     | corrections 1, 3, 4 ÷ 1–4; 5 goes on
correction_effect_ratio    | major/M1 | last year | 2         | 3           | 0.666667 | corrections 1, 3 ÷ 1–3
units_taking_part_ratio    | school/S | year      | 2         | 4           | 0.5      | O1 (twice), O3 ÷ O1–O4; O4 was last year
staff_taking_part_ratio    | school/S | year      | 2         | 3           | 0.666667 | T1 (twice), T4 ÷ (T1, T2, T4)
staff_taking_part_ratio    | unit/O1  | year      | 1         | 2           | 0.5      | T1 ÷ (T1, T2)
students_taking_part_ratio | school/S | year      | 1         | 4           | 0.25     | S1 ÷ S1–S4
reports_in_time_ratio      | school/S | year      | 3         | 5           | 0.6      | reports 1, 3, 5 ÷ 1–5; 2 a day late, 4 never
reports_in_time_ratio      | unit/O2  | year      | 1         | 2           | 0.5      | report 3 ÷ (3, 4)
carried_measures_ratio     | school/S | year      | 3         | 4           | 0.75     | measures 1, 3, 4 ÷ 1–4; 5 is new
task_completion_ratio      | unit/O1  | last year | 1         | 2           | 0.5      | task 1 ÷ (1, 2)
task_overdue_ratio         | unit/O1  | last year | 1         | 2           | 0.5      | task 2 ÷ (1, 2)
""")  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def measured(hub: Any) -> Any:
    """What every cell of the college says."""
    return await measure(hub, COLLEGE, GOLDEN)


@pytest.mark.parametrize("line", GOLDEN, ids=str)
async def test_a_value_is_what_counting_by_hand_gives(measured: Any, line: Line) -> None:
    assert measured[line.cell] == line.parts, line.arithmetic
