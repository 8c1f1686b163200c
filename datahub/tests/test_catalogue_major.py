"""Golden values of the catalogue: majors (MJ01–MJ26)."""

from typing import Any

import pytest
import pytest_asyncio

from datahub.tests.golden import Line, measure, read_lines

pytestmark = pytest.mark.asyncio(loop_scope="module")

COLLEGE = {
    "org_unit": """
        org_code | name
        O1       | 建筑学院
    """,
    "major": """
        major_code | org_code | status
        M1         | O1       | open
        M2         | O1       | open
    """,
    "student": """
        student_no | major_code | in_school | training_mode
        S1         | M1         | true      | order
        S2         | M1         | true      | order
        S3         | M1         | true      | apprentice
        S4         | M1         | true      | normal
        S5         | M1         | true      | normal
        S6         | M2         | true      | normal
        S7         | M1         | false     | order
    """,
    "staff": """
        staff_no | staff_type | major_code | backbone | external
        T1       | 11         | M1         | true     | false
        T2       | 52         | M1         | false    | true
        T3       | 11         | M2         | false    | false
    """,
    "staff_appointment": """
        staff_no | kind | duty       | major_code | valid_from | valid_to
        T1       | post | major_lead | M1         | 2022-01-01 |
        T3       | post | major_lead | M2         | 2020-01-01 | 2021-01-01
    """,
    "admission": """
        year | candidate_no | major_code | first_choice | arrived
        {Y}  | N1           | M1         | true         | true
        {Y}  | N2           | M1         | true         | true
        {Y}  | N3           | M1         | true         | true
        {Y}  | N4           | M1         | false        | true
        {Y}  | N5           | M1         | false        | false
        {Y}  | N6           | M2         | true         | true
    """,
    "admission_plan": """
        year | major_code | planned
        {Y}  | M1         | 8
        {Y}  | M2         | 2
    """,
    "award": """
        award_no | subject_kind | teacher_no | major_code | category   | level | grade | awarded_on
        1        | staff        | T1         | M1         | teaching   | 20    | 2     | {Y}-02-01
        2        | staff        | T1         | M1         | research   | 60    | 3     | {Y}-02-02
        3        | staff        | T2         | M1         | other      | 60    | 3     | {Y}-02-03
        4        | student      |            | M1         | innovation | 20    | 3     | {Y}-02-04
        5        | student      |            | M1         | contest    | 10    | 3     | {Y}-02-05
        6        | student      |            | M2         | innovation | 20    | 3     | {Y}-02-06
    """,
    "construction": """
        construction_no | kind          | level | major_code
        1               | resource_bank | 20    | M1
        2               | course        | 20    | M1
        3               | resource_bank | 60    | M2
    """,
    "course": """
        course_code | major_code | online | excellent_level | enterprise_codeveloped
        K1          | M1         | true   | 2               | true
        K2          | M1         | true   | 9               | true
        K3          | M1         | false  | 1               | false
        K4          | M2         | false  | 9               | true
    """,
    "textbook": """
        book_no | major_code | enterprise_codeveloped | published_on
        1       | M1         | true                   | {Y}-03-01
        2       | M1         | false                  | {Y}-03-01
        3       | M1         | true                   | {P}-03-01
    """,
    "asset_item": """
        asset_no | major_code | basic_class | teaching_use | original_value
        A1       | M1         | 2           | true         | 30000
        A2       | M1         | 2           | true         | 10000
        A3       | M2         | 2           | true         | 70000
        A4       | M1         | 2           | false        | 9000
    """,
    "lab_room": """
        lab_no | major_code | stations | hours_used | hours_planned
        L1     | M1         | 40       | 60         | 80
        L2     | M1         | 20       | 30         | 40
        L3     | M2         | 10       | 5          | 40
    """,
    "company": """
        uscc | name | partner_since
        U1   | 甲   | 2020-01-01
        U2   | 乙   | 2021-01-01
        U3   | 丙   |
    """,
    "cooperation": """
        company_uscc | major_code
        U1           | M1
        U2           | M1
        U1           | M2
    """,
    "internship": """
        student_no | internship_no | company_uscc | starts_on | hired | reports | reports_due | reports_marked | days_signed | days_due
        S1         | 1             | U1           | {Y}-03-01 | true  | 10      | 10          | 8              | 40          | 50
        S1         | 2             | U2           | {Y}-06-01 | false | 9       | 10          | 9              | 50          | 50
        S2         | 1             | U1           | {Y}-03-01 | true  | 8       | 10          | 8              | 45          | 50
        S3         | 1             | U3           | {Y}-03-01 | false | 5       | 10          | 5              | 20          | 50
        S4         | 1             | U2           | {Y}-03-01 | true  | 8       | 10          | 6              | 45          | 50
    """,
    "survey": """
        survey_no | audience
        V1        | employer
        V2        | student
    """,
    "survey_answer": """
        survey_no | answer_no | major_code | answers | satisfaction | submitted_at
        V1        | 1         | M1         | -       | very         | {Y}-05-01T08:00:00+08:00
        V1        | 2         | M1         | -       | rather       | {Y}-05-01T08:00:00+08:00
        V1        | 3         | M1         | -       | rather       | {Y}-05-01T08:00:00+08:00
        V1        | 4         | M1         | -       | rather       | {Y}-05-01T08:00:00+08:00
        V1        | 5         | M1         | -       | basically    | {Y}-05-01T08:00:00+08:00
        V2        | 1         | M1         | -       | not          | {Y}-05-01T08:00:00+08:00
    """,
    "research_project": """
        project_no | nature     | leader_no | approved_on
        P1         | vertical   | T1        | {Y}-01-05
        P2         | horizontal | T1        | {Y}-01-05
        P3         | horizontal | T2        | {Y}-01-05
        P4         | vertical   | T3        | {Y}-01-05
        P5         | vertical   | T1        | {P}-01-05
    """,
    "research_fund": """
        voucher_no | voucher_line | project_no | direction | amount | booked_at
        F1         | 1            | P1         | received  | 6000   | {Y}-03-05T10:00:00+08:00
        F2         | 1            | P2         | received  | 4000   | {Y}-03-05T10:00:00+08:00
        F3         | 1            | P3         | received  | 1500   | {Y}-03-05T10:00:00+08:00
        F4         | 1            | P4         | received  | 900    | {Y}-03-05T10:00:00+08:00
    """,
    "plan_course": """
        major_code | grade_year | plan_version | course_code | term_no | hours_practice | hours_total
        M1         | {Y}        | 1            | K1          | 1       | 32             | 64
        M1         | {Y}        | 1            | K2          | 2       | 48             | 64
        M1         | {Y}        | 1            | K3          | 3       | 0              | 32
        M1         | {P}        | 1            | K1          | 1       | 20             | 80
    """,
    "certificate": """
        student_no | cert_no | major_code | kind | one_plus_x | issued_on
        S1         | 1       | M1         | 1    | false      | {Y}-01-01
        S1         | 2       | M1         | 2    | true       | 2020-01-01
        S2         | 3       | M1         | 2    | true       | 2020-01-01
        S7         | 4       | M1         | 2    | true       | 2020-01-01
    """,
    "exchange": """
        exchange_no | major_code | person_days | starts_on
        1           | M1         | 30          | {Y}-05-01
        2           | M1         | 12.5        | {Y}-06-01
        3           | M2         | 9           | {Y}-06-01
    """,
}  # fmt: skip

GOLDEN = read_lines("""
indicator                   | scope    | period    | numerator | denominator | value    | arithmetic
students_in_school          | major/M1 | term      | 5         |             | 5        | S1–S5
students_in_school          | school/S | year      | 6         |             | 6        | S1–S6
plan_fulfilment_ratio       | major/M1 | year      | 4         | 8           | 0.5      | N1–N4 ÷ 8
arrival_ratio               | major/M1 | year      | 4         | 5           | 0.8      | N1–N4 ÷ N1–N5
arrival_ratio               | unit/O1  | year      | 5         | 6           | 0.833333 | N1–N4, N6 ÷ N1–N6: (4 + 1) ÷ (5 + 1)
first_choice_ratio          | major/M1 | year      | 3         | 5           | 0.6      | N1, N2, N3 ÷ N1–N5
first_choice_ratio          | major/M2 | year      | 1         | 1           |          | too few: 1 of the 5 that are needed
has_major_leader            | major/M1 | year      | 1         |             | 1        | T1 is in office
has_major_leader            | major/M2 | year      | 0         |             | 0        | T3's office has ended
has_backbone_teacher        | major/M1 | year      | 1         |             | 1        | T1
has_backbone_teacher        | major/M2 | year      | 0         |             | 0        | T3 is none
has_part_time_teacher       | major/M1 | year      | 1         |             | 1        | T2
has_part_time_teacher       | major/M2 | year      | 0         |             | 0        | T3 is full-time
teachers_with_awards        | major/M1 | year      | 2         |             | 2        | T1 (twice), T2
resource_banks              | major/M1 | year      | 1         |             | 1        | construction 1
excellent_online_courses    | major/M1 | year      | 1         |             | 1        | K1; K2 has no level, K3 is not online
lab_stations                | major/M1 | year      | 60        |             | 60       | 40 + 20
equipment_value_per_student | major/M1 | year      | 40000     | 5           | 8000     | (30000 + 10000) ÷ 5
lab_usage_ratio             | major/M1 | term      | 90        | 120         | 0.75     | (60 + 30) ÷ (80 + 40)
lab_usage_ratio             | school/S | term      | 95        | 160         | 0.59375  | (60 + 30 + 5) ÷ (80 + 40 + 40)
partner_companies           | major/M1 | year      | 2         |             | 2        | U1, U2
partner_companies           | school/S | year      | 2         |             | 2        | U1 (twice), U2
order_students              | major/M1 | year      | 2         |             | 2        | S1, S2; S7 has left
apprentices                 | major/M1 | year      | 1         |             | 1        | S3
codeveloped_courses         | major/M1 | year      | 2         |             | 2        | K1, K2
codeveloped_textbooks       | major/M1 | year      | 1         |             | 1        | book 1; book 3 is of last year
interns_of_partners         | major/M1 | year      | 3         |             | 3        | S1 (twice), S2, S4; U3 is no partner
contest_awards_weighted     | major/M1 | year      | 1.5       |             | 1.5      | national 3 × second prize 0.5
innovation_awards           | major/M1 | year      | 1         |             | 1        | award 4
innovation_awards           | school/S | year      | 2         |             | 2        | awards 4, 6
employer_content_ratio      | major/M1 | year      | 4         | 5           | 0.8      | 1 very, 3 rather ÷ 5 employers
public_projects             | major/M1 | year      | 1         |             | 1        | P1; P5 is of last year
public_projects             | teacher/T1 | last year | 1       |             | 1        | P5
commissioned_projects       | major/M1 | year      | 2         |             | 2        | P2, P3
public_funds                | major/M1 | year      | 6000      |             | 6000     | F1
commissioned_funds          | major/M1 | year      | 5500      |             | 5500     | F2 4000 + F3 1500
practice_hours_ratio        | major/M1 | year      | 80        | 160         | 0.5      | (32 + 48 + 0) ÷ (64 + 64 + 32)
practice_hours_ratio        | major/M1 | last year | 20        | 80          | 0.25     | the plan of the year before
intern_hired_ratio          | major/M1 | year      | 3         | 5           | 0.6      | S1, S2, S4 of five internships
intern_report_ratio         | major/M1 | year      | 40        | 50          | 0.8      | (10 + 9 + 8 + 5 + 8) ÷ (5 × 10)
intern_marking_ratio        | major/M1 | year      | 36        | 40          | 0.9      | (8 + 9 + 8 + 5 + 6) ÷ (10 + 9 + 8 + 5 + 8)
intern_sign_in_ratio        | major/M1 | year      | 200       | 250         | 0.8      | (40 + 50 + 45 + 20 + 45) ÷ (5 × 50)
certificate_ratio           | major/M1 | year      | 2         | 5           | 0.4      | S1 (twice), S2 ÷ S1–S5; S7 has left
exchange_person_days        | major/M1 | year      | 42.5      |             | 42.5     | 30 + 12.5
""")  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def measured(hub: Any) -> Any:
    """What every cell of the college says."""
    return await measure(hub, COLLEGE, GOLDEN)


@pytest.mark.parametrize("line", GOLDEN, ids=str)
async def test_a_value_is_what_counting_by_hand_gives(measured: Any, line: Line) -> None:
    assert measured[line.cell] == line.parts, line.arithmetic
