"""Golden values of the catalogue: teachers (TC01–TC17)."""

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
        major_code | org_code
        M1         | O1
    """,
    "staff": """
        staff_no | org_code | major_code | dual_qualified | backbone
        T1       | O1       | M1         | true           | false
        T2       | O1       | M1         | false          | true
    """,
    "staff_appointment": """
        staff_no | kind | duty       | major_code | valid_from | valid_to
        T1       | post | major_lead | M1         | 2022-01-01 | 2099-12-31
    """,
    "staff_assessment": """
        staff_no | org_code | year | kind | ethics | score
        T1       | O1       | {Y}  | 3    | true   | 95
        T1       | O1       | {Y}  | 2    | false  | 88
        T2       | O1       | {Y}  | 3    | true   | 85
        T2       | O1       | {Y}  | 2    | false  | 91
        T1       | O1       | {P}  | 2    | false  | 70
    """,
    "course": """
        course_code | major_code
        K1          | M1
        K2          | M1
    """,
    "teaching_class": """
        class_no | course_code | term        | teacher_no | enrolled
        J1       | K1          | 2026-2027-1 | T1         | 40
        J2       | K1          | 2026-2027-1 | T1         | 35
        J3       | K2          | 2026-2027-1 | T1         | 30
        J4       | K2          | 2026-2027-1 | T2         | 20
    """,
    "student": """
        student_no | major_code
        S1         | M1
        S2         | M1
        S3         | M1
        S4         | M1
        S5         | M1
        S6         | M1
    """,
    "class_session": """
        class_no | date    | sections | term        | teacher_no | hours | moved | substituted
        J1       | today   | 1-2      | 2026-2027-1 | T1         | 2     | false | false
        J2       | today   | 3-4      | 2026-2027-1 | T1         | 2     | true  | false
        J3       | today   | 5-8      | 2026-2027-1 | T1         | 4     | true  | true
        J1       | today-7 | 1-2      | 2026-2027-1 | T1         | 2     | false | true
        J4       | today   | 1-2      | 2026-2027-1 | T2         | 3     | false | false
    """,
    "attendance": """
        class_no | date  | sections | student_no | state
        J1       | today | 1-2      | S1         | present
        J1       | today | 1-2      | S2         | present
        J1       | today | 1-2      | S3         | present
        J1       | today | 1-2      | S4         | present
        J1       | today | 1-2      | S5         | present
        J1       | today | 1-2      | S6         | present
        J2       | today | 3-4      | S1         | present
        J2       | today | 3-4      | S2         | absent
        J3       | today | 5-8      | S1         | present
        J3       | today | 5-8      | S2         | absent
    """,
    "score": """
        student_no | course_code | class_no | term        | grade_type | attempt | number
        S1         | K1          | J1       | 2026-2027-1 | total      | 1       | 90
        S2         | K1          | J1       | 2026-2027-1 | total      | 1       | 80
        S3         | K1          | J1       | 2026-2027-1 | total      | 1       | 70
        S4         | K1          | J2       | 2026-2027-1 | total      | 1       | 60
        S5         | K1          | J2       | 2026-2027-1 | total      | 1       | 50
        S6         | K2          | J4       | 2026-2027-1 | total      | 1       | 30
    """,
    "class_inspection": """
        inspection_no | class_no | teacher_no | kind  | score | date
        1             | J1       | T1         | visit | 90    | today
        2             | J3       | T1         | visit | 81    | today
        3             | J4       | T2         | visit | 60    | today
    """,
    "teaching_evaluation": """
        term        | class_no | staff_no | evaluator | participants | score_total
        2026-2027-1 | J1       | T1       | student   | 30           | 2700
        2026-2027-1 | J2       | T1       | student   | 10           | 700
        2026-2027-1 | J4       | T2       | student   | 10           | 1000
    """,
    "teaching_incident": """
        incident_no | staff_no | happened_on
        1           | T2       | {Y}-01-05
        2           | T2       | {Y}-01-06
        3           | T1       | {P}-01-06
    """,
    "staff_project": """
        staff_no | kind              | project_no | role   | level | joined_on
        T1       | major             | 1          | member | 20    | {Y}-01-01
        T1       | major             | 2          | leader | 60    | {Y}-01-01
        T1       | course            | 3          | member | 60    | {Y}-01-01
        T1       | base              | 4          | member | 60    | {Y}-01-01
        T1       | key               | 5          | member | 10    | {Y}-01-01
        T1       | teaching_research | 6          | leader | 10    | {Y}-01-01
        T1       | teaching_research | 7          | leader | 20    | {Y}-01-01
        T1       | teaching_research | 8          | member | 20    | {Y}-01-01
        T1       | teaching_research | 9          | member | 60    | {Y}-01-01
        T1       | textbook          | 10         | leader | 20    | {Y}-01-01
        T1       | textbook          | 11         | member | 20    | {Y}-01-01
        T1       | textbook          | 12         | member | 60    | {Y}-01-01
        T1       | demo_class        | 13         | leader | 60    | {Y}-01-01
        T1       | course            | 14         | member | 60    | {P}-01-01
        T2       | course            | 3          | leader | 60    | {Y}-01-01
    """,
    "research_project": """
        project_no | nature     | leader_no | approved_on
        P1         | vertical   | T1        | {Y}-01-05
        P2         | horizontal | T1        | {Y}-01-05
        P3         | horizontal | T1        | {Y}-01-05
    """,
    "research_fund": """
        voucher_no | voucher_line | project_no | direction | amount | booked_at
        F1         | 1            | P1         | received  | 8000   | {Y}-03-05T10:00:00+08:00
        F2         | 1            | P2         | received  | 5000   | {Y}-03-05T10:00:00+08:00
        F3         | 1            | P3         | received  | 2500   | {Y}-03-05T10:00:00+08:00
    """,
    "research_output": """
        kind   | output_no | first_author_no | patent_state | published_on
        paper  | 1         | T1              |              | {Y}-02-03
        paper  | 2         | T1              |              | {Y}-02-04
        book   | 1         | T1              |              | {Y}-02-05
        patent | 1         | T1              | 1            | {Y}-02-05
    """,
    "company": """
        uscc | name
        U1   | 甲
    """,
    # 1826 days are five years with one leap day.
    "staff_practice": """
        staff_no | starts_on  | company_uscc | days
        T1       | today-30   | U1           | 20
        T1       | today-1825 | U1           | 90
        T1       | today-1826 | U1           | 400
        T2       | today-30   | U1           | 5
    """,
    "staff_training": """
        staff_no | training_no | hours | continuing | degree_study | starts_on
        T1       | 1           | 16    | false      | false        | {Y}-01-10
        T1       | 2           | 24    | true       | false        | {Y}-01-11
        T1       | 3           | 20    | true       | true         | {Y}-01-12
        T2       | 4           | 8     | false      | false        | {Y}-01-12
    """,
    "award": """
        award_no | subject_kind | teacher_no | coach_no | category   | awarded_on
        1        | student      |            | T1       | contest    | {Y}-04-01
        2        | student      |            | T1       | innovation | {Y}-04-01
        3        | staff        | T1         |          | teaching   | {Y}-04-01
        4        | student      |            | T1       | other      | {Y}-04-01
    """,
    "admin_class": """
        admin_class_code | head_no
        A1               | T1
        A2               | T1
        A3               | T2
    """,
    "task": """
        task_no | kind    | personal | staff_no   | due_on    | done_on
        1       | plan    | true     | T1         | {P}-03-01 | {P}-03-01
        2       | plan    | true     | T1         | {P}-04-01 | {P}-05-01
        3       | plan    | true     | T1         | {P}-05-01 |
        4       | plan    | true     | T1         | {P}-06-01 | {P}-05-01
        5       | routine | false    | T1         | {P}-06-01 |
    """,
}  # fmt: skip

GOLDEN = read_lines("""
indicator                | scope      | period    | numerator | denominator | value    | arithmetic
ethics_score             | teacher/T1 | year      | 95        | 1           | 95       | 95
ethics_score             | unit/O1    | year      | 180       | 2           | 90       | (95 + 85) ÷ 2
annual_score             | teacher/T1 | year      | 88        | 1           | 88       | 88; 70 was last year
is_dual_qualified        | teacher/T1 | year      | 1         |             | 1        | T1 is
is_dual_qualified        | teacher/T2 | year      | 0         |             | 0        | T2 is not
is_backbone              | teacher/T2 | year      | 1         |             | 1        | T2 is
is_major_leader          | teacher/T1 | year      | 1         |             | 1        | of M1, until 2099
is_major_leader          | teacher/T2 | year      | 0         |             | 0        | T2 is not
courses_taught           | teacher/T1 | term      | 2         |             | 2        | K1 (twice), K2
weekly_hours             | teacher/T1 | week      | 8         |             | 8        | 2 + 2 + 4; the week before is another one
classes_taught           | teacher/T1 | term      | 3         |             | 3        | J1, J2, J3
students_taught          | teacher/T1 | term      | 105       |             | 105      | 40 + 35 + 30
attendance_rate          | teacher/T1 | term      | 8         | 10          | 0.8      | 6 of 6, 1 of 2, 1 of 2: no mean of 1, 0.5 and 0.5
supervision_score        | teacher/T1 | term      | 171       | 2           | 85.5     | (90 + 81) ÷ 2
evaluation_score         | teacher/T1 | term      | 3400      | 40          | 85       | (2700 + 700) ÷ (30 + 10)
score_pass_ratio         | teacher/T1 | term      | 4         | 5           | 0.8      | 90, 80, 70, 60 of five
score_mean               | teacher/T1 | term      | 350       | 5           | 70       | (90 + 80 + 70 + 60 + 50) ÷ 5
changed_sessions         | teacher/T1 | term      | 3         |             | 3        | J2; J3 (both at once); J1 a week ago
teaching_incidents       | teacher/T2 | year      | 2         |             | 2        | incidents 1, 2
teaching_incidents       | teacher/T1 | last year | 1         |             | 1        | incident 3
major_building           | teacher/T1 | year      | 2         |             | 2        | projects 1, 2
course_building          | teacher/T1 | year      | 1         |             | 1        | project 3; project 14 was last year
course_building          | unit/O1    | year      | 2         |             | 2        | project 3 of T1 and of T2
base_building            | teacher/T1 | year      | 1         |             | 1        | project 4
key_building             | teacher/T1 | year      | 1         |             | 1        | project 5
teaching_projects_led    | teacher/T1 | year      | 4         |             | 4        | national 3 + provincial 1
teaching_projects_joined | teacher/T1 | year      | 1         |             | 1        | provincial 1 + of the school 0
textbooks_led            | teacher/T1 | year      | 1         |             | 1        | project 10
textbooks_joined         | teacher/T1 | year      | 2         |             | 2        | projects 11, 12
public_projects          | teacher/T1 | year      | 1         |             | 1        | P1
commissioned_projects    | teacher/T1 | year      | 2         |             | 2        | P2, P3
public_funds             | teacher/T1 | year      | 8000      |             | 8000     | F1
commissioned_funds       | teacher/T1 | year      | 7500      |             | 7500     | 5000 + 2500
papers                   | teacher/T1 | year      | 2         |             | 2        | papers 1, 2
monographs               | teacher/T1 | year      | 1         |             | 1        | book 1
patents_granted          | teacher/T1 | year      | 1         |             | 1        | patent 1
practice_days            | teacher/T1 | year      | 110       |             | 110      | 20 + 90; what began 1826 days ago is too old
trainings                | teacher/T1 | year      | 3         |             | 3        | trainings 1, 2, 3
training_hours           | teacher/T1 | year      | 60        |             | 60       | 16 + 24 + 20
contests_coached         | teacher/T1 | year      | 2         |             | 2        | awards 1, 2
demo_classes             | teacher/T1 | year      | 1         |             | 1        | project 13
classes_headed           | teacher/T1 | year      | 2         |             | 2        | A1, A2
continuing_hours         | teacher/T1 | year      | 44        |             | 44       | 24 + 20
degree_improved          | teacher/T1 | year      | 1         |             | 1        | training 3
degree_improved          | teacher/T2 | year      | 0         |             | 0        | training 4 is none
own_tasks_ratio          | teacher/T1 | last year | 3         | 4           | 0.75     | tasks 1, 2, 4 ÷ 1–4; task 5 is not of the own plan
""")  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def measured(hub: Any) -> Any:
    """What every cell of the college says."""
    return await measure(hub, COLLEGE, GOLDEN)


@pytest.mark.parametrize("line", GOLDEN, ids=str)
async def test_a_value_is_what_counting_by_hand_gives(measured: Any, line: Line) -> None:
    assert measured[line.cell] == line.parts, line.arithmetic
