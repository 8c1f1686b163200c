"""Golden values of the catalogue: courses (CR01–CR18)."""

from typing import Any

import pytest
import pytest_asyncio

from datahub.tests.golden import Line, measure, read_lines

pytestmark = pytest.mark.asyncio(loop_scope="module")

COLLEGE = {
    "major": """
        major_code | name
        M1         | 工程造价
    """,
    "student": """
        student_no | major_code
        S1         | M1
        S2         | M1
        S3         | M1
        S4         | M1
        S5         | M1
        S6         |
        S7         |
        S8         |
    """,
    "staff": """
        staff_no | dual_qualified | title
        T1       | true           | 011
        T2       | true           | 013
        T3       | false          | 014
        T4       | true           | 012
    """,
    "course": """
        course_code | major_code | online | blended | has_standard
        K1          | M1         | true   | false   | true
        K2          | M1         | false  | true    | false
        K3          | M1         | true   | true    | true
        K4          |            |        |         |
    """,
    "teaching_class": """
        class_no | course_code | term        | teacher_no | enrolled | has_schedule | has_lesson_plans | lab_projects_planned | lab_projects_opened
        J1       | K1          | 2026-2027-1 | T1         | 5        | true         | true             | 10                   | 9
        J2       | K1          | 2026-2027-1 | T1         | 4        | true         | false            | 6                    | 3
        J3       | K1          | 2026-2027-1 | T2         | 4        | true         | true             | 4                    | 4
        J4       | K1          | 2026-2027-1 | T3         | 4        | true         | true             | 0                    | 0
        J5       | K2          | 2026-2027-1 | T4         | 4        | true         | true             | 5                    | 5
    """,
    "resource": """
        resource_no | course_code | major_code | media     | case_kind  | made_at
        1           | K1          | M1         | text      | ideology   |
        2           | K1          | M1         | text      | enterprise |
        3           | K1          | M1         | image     |            |
        4           | K1          | M1         | audio     | ideology   |
        5           | K1          | M1         | video     | ideology   |
        6           | K1          | M1         | video     |            |
        7           | K1          | M1         | video     |            |
        8           | K1          | M1         | questions |            |
        9           | K2          | M1         | questions | enterprise |
    """,
    "assignment": """
        assignment_no | class_no | course_code | term        | marked
        1             | J1       | K1          | 2026-2027-1 | true
        2             | J1       | K1          | 2026-2027-1 | true
        3             | J1       | K1          | 2026-2027-1 | true
        4             | J1       | K1          | 2026-2027-1 | false
        5             | J2       | K1          | 2026-2027-1 | false
    """,
    "class_session": """
        class_no | date  | sections | term        | teacher_no | hours | moved | substituted
        J1       | today | 1-2      | 2026-2027-1 | T1         | 2     | false | false
        J1       | today | 3-4      | 2026-2027-1 | T1         | 2     | true  | false
        J1       | today | 5-8      | 2026-2027-1 | T1         | 4     | false | false
        J2       | today | 1-2      | 2026-2027-1 | T1         | 2     | false | true
    """,
    "attendance": """
        class_no | date    | sections | student_no | state
        J1       | today   | 1-2      | S1         | present
        J1       | today   | 1-2      | S2         | present
        J1       | today   | 1-2      | S3         | late
        J1       | today   | 1-2      | S4         | absent
        J1       | today   | 1-2      | S5         | sick_leave
        J1       | today   | 3-4      | S1         | present
        J1       | today   | 3-4      | S2         | left_early
        J1       | today   | 3-4      | S3         | present
        J1       | today   | 3-4      | S4         | absent
        J1       | today   | 3-4      | S5         | present
        J1       | today   | 5-8      | S1         | present
        J1       | today   | 5-8      | S2         | official_leave
        J1       | today   | 5-8      | S3         | present
        J1       | today-7 | 1-2      | S1         | absent
    """,
    "class_interaction": """
        class_no | date  | sections | kind       | started | participants
        J1       | today | 1-2      | question   | 6       | 4
        J1       | today | 3-4      | question   | 3       | 2
        J1       | today | 1-2      | discussion | 2       | 5
        J1       | today | 3-4      | discussion | 1       | 5
        J1       | today | 1-2      | quiz       | 1       | 5
    """,
    "learning_daily": """
        student_no | class_no | date    | posts
        S1         | J1       | today   | 2
        S1         | J1       | today-1 | 1
        S2         | J1       | today   | 0
        S3         | J1       | today   | 1
        S4         | J1       | today   | 0
        S5         | J1       | today   | 4
    """,
    "class_inspection": """
        inspection_no | class_no | teacher_no | kind  | score | date
        1             | J1       | T1         | visit | 92    | today
        2             | J1       | T1         | visit | 85    | today
        3             | J2       | T1         | visit | 78    | today
        4             | J2       | T1         | tour  | 40    | today
    """,
    "teaching_evaluation": """
        term        | class_no | staff_no | evaluator  | participants | score_total
        2026-2027-1 | J1       | T1       | student    | 4            | 360
        2026-2027-1 | J2       | T1       | student    | 1            | 70
        2026-2027-1 | J1       | T1       | supervisor | 1            | 50
    """,
    # The scores of J1 lie 6, 6, 6, 6 below their mean of 66, and 24 above it.
    "score": """
        student_no | course_code | class_no | term        | grade_type | attempt | number
        S1         | K1          | J1       | 2026-2027-1 | total      | 1       | 60
        S2         | K1          | J1       | 2026-2027-1 | total      | 1       | 60
        S3         | K1          | J1       | 2026-2027-1 | total      | 1       | 60
        S4         | K1          | J1       | 2026-2027-1 | total      | 1       | 60
        S5         | K1          | J1       | 2026-2027-1 | total      | 1       | 90
        S6         | K1          | J2       | 2026-2027-1 | total      | 1       | 59.5
        S6         | K1          | J2       | 2026-2027-1 | total      | 2       | 95
        S1         | K1          | J1       | 2026-2027-1 | usual      | 1       | 40
        S1         | K2          | J5       | 2026-2027-1 | total      | 1       | 50
        S7         | K4          |          | 2023-2024-1 | total      | 1       | 54
        S8         | K4          |          | 2023-2024-1 | total      | 1       | 84
        S7         | K4          |          | 2024-2025-1 | total      | 1       | 62
        S8         | K4          |          | 2024-2025-2 | total      | 1       | 78
        S7         | K4          |          | 2025-2026-1 | total      | 1       | 68
        S8         | K4          |          | 2025-2026-2 | total      | 1       | 74
        S7         | K4          |          | 2026-2027-1 | total      | 1       | 88
        S8         | K4          |          | 2026-2027-1 | total      | 1       | 92
    """,
    "outcome_score": """
        class_no | student_no | outcome_no | item_no | weight | score | full_marks
        J1       | S1         | 1          | exam    | 0.6    | 40    | 50
        J1       | S1         | 1          | lab     | 0.4    | 9     | 10
        J1       | S2         | 1          | exam    | 0.6    | 30    | 50
        J1       | S2         | 1          | lab     | 0.4    | 6     | 10
        J1       | S3         | 1          | exam    | 0.6    | 25    | 50
        J1       | S3         | 1          | lab     | 0.4    |       | 10
    """,
    "survey": """
        survey_no | audience | term
        V1        | student  | 2026-2027-1
        V2        | parent   | 2026-2027-1
    """,
    "survey_answer": """
        survey_no | answer_no | course_code | answers | satisfaction
        V1        | 1         | K1          | -       | very
        V1        | 2         | K1          | -       | rather
        V1        | 3         | K1          | -       | rather
        V1        | 4         | K1          | -       | basically
        V1        | 5         | K1          | -       | not
        V2        | 1         | K1          | -       | very
    """,
}  # fmt: skip

GOLDEN = read_lines("""
indicator                | scope      | period | numerator | denominator | value    | arithmetic
course_teachers          | course/K1  | term   | 3         |             | 3        | T1 (twice), T2, T3
course_teachers          | course/K1  | ayear  | 3         |             | 3        | the same in the academic year of the term
course_dual_ratio        | course/K1  | term   | 2         | 3           | 0.666667 | (T1, T2) ÷ (T1, T2, T3)
course_senior_ratio      | course/K1  | term   | 1         | 3           | 0.333333 | T1 ÷ (T1, T2, T3)
course_has_standard      | course/K1  | term   | 1         |             | 1        | K1 has its standard
course_has_standard      | course/K2  | term   | 0         |             | 0        | K2 has none
course_has_schedules     | course/K1  | term   | 1         |             | 1        | J1–J4: 4 = 4
course_has_lesson_plans  | course/K1  | term   | 0         |             | 0        | J1, J3, J4: 3 of 4
course_has_lesson_plans  | course/K2  | term   | 1         |             | 1        | J5: 1 = 1
text_resources           | course/K1  | year   | 2         |             | 2        | resources 1, 2
image_resources          | course/K1  | year   | 1         |             | 1        | resource 3
audio_resources          | course/K1  | year   | 1         |             | 1        | resource 4
video_resources          | course/K1  | year   | 3         |             | 3        | resources 5, 6, 7
question_banks           | course/K1  | year   | 1         |             | 1        | resource 8
question_banks           | major/M1   | year   | 2         |             | 2        | resources 8, 9
lab_opened_ratio         | class/J1   | term   | 9         | 10          | 0.9      | 9 ÷ 10
lab_opened_ratio         | class/J4   | term   | 0         | 0           |          | none was planned
lab_opened_ratio         | course/K1  | term   | 16        | 20          | 0.8      | (9 + 3 + 4 + 0) ÷ (10 + 6 + 4 + 0)
assignment_marked_ratio  | class/J1   | term   | 3         | 4           | 0.75     | assignments 1–3 ÷ 1–4
assignment_marked_ratio  | course/K1  | term   | 3         | 5           | 0.6      | assignments 1–3 ÷ 1–5
attendance_rate          | course/K1  | term   | 9         | 12          | 0.75     | 14 rows − 2 on leave = 12, 3 of them absent
attendance_rate          | course/K1  | week   | 9         | 11          | 0.818182 | without the absence of the week before
attendance_rate          | class/J1   | term   | 9         | 12          | 0.75     | the only class with attendance
attendance_rate          | student/S1 | term   | 3         | 4           |          | too few: 4 of the 10 that are needed
questioning_ratio        | class/J1   | term   | 6         | 10          | 0.6      | (4 + 2) ÷ (5 + 5)
posting_ratio            | class/J1   | term   | 3         | 5           | 0.6      | (S1, S3, S5) ÷ (S1–S5)
discussions              | class/J1   | term   | 3         |             | 3        | 2 + 1
quizzes                  | class/J1   | term   | 1         |             | 1        | 1
supervision_score        | course/K1  | term   | 255       | 3           | 85       | (92 + 85 + 78) ÷ 3; the tour is no visit
supervision_score        | class/J1   | term   | 177       | 2           | 88.5     | (92 + 85) ÷ 2
evaluation_score         | course/K1  | term   | 430       | 5           | 86       | (360 + 70) ÷ (4 + 1)
moved_hours_ratio        | course/K1  | term   | 2         | 10          | 0.2      | 2 ÷ (2 + 2 + 4 + 2)
substituted_hours_ratio  | course/K1  | term   | 2         | 10          | 0.2      | 2 ÷ (2 + 2 + 4 + 2)
substituted_hours_ratio  | school/S   | term   | 2         | 10          | 0.2      | the same: no other course has sessions
score_pass_ratio         | course/K1  | term   | 5         | 6           | 0.833333 | S1–S5 ÷ S1–S6; 59.5 is below 60
score_pass_ratio         | class/J1   | term   | 5         | 5           | 1        | S1–S5
score_pass_ratio         | major/M1   | term   | 5         | 6           | 0.833333 | K1 of S1–S5, K2 of S1: 5 ÷ 6
score_pass_ratio         | class/J2   | term   | 0         | 1           |          | too few: 1 of the 5 that are needed
score_excellent_ratio    | class/J1   | term   | 1         | 5           | 0.2      | S5 ÷ S1–S5; 90 counts
score_mean               | class/J1   | term   | 330       | 5           | 66       | (4 × 60 + 90) ÷ 5
score_mean               | class/J2   | term   | 59.5      | 1           | 59.5     | S6 at the first attempt
students_failed          | school/S   | term   | 2         |             | 2        | S6 in K1, S1 in K2
students_failed          | course/K1  | term   | 1         |             | 1        | S6
outcome_attainment       | class/J1   | term   | 1.74      | 2.6         | 0.669231 | (0.48 + 0.36 + 0.36 + 0.24 + 0.3) ÷ (0.6 + 0.4 + 0.6 + 0.4 + 0.6)
score_skewness           | class/J1   | term   | 2592      | 1728        | 1.5      | (4 × (−6)³ + 24³) ÷ 5 over ((4 × 6² + 24²) ÷ 5)^1.5 = 144^1.5 = 12³
score_square_mean        | course/K4  | ayear  | 16208     | 2           | 8104     | (88² + 92²) ÷ 2
score_mean               | course/K4  | ayear  | 180       | 2           | 90       | (88 + 92) ÷ 2
score_shift              | course/K4  | ayear  | 20        | 10          | 2        | 90 − (69 + 70 + 71) ÷ 3 over the root of (69² + 15² + 70² + 8² + 71² + 3²) ÷ 3 − 70² = 100
score_shift              | course/K1  | ayear  |           |             |          | no scores of the three years before
class_satisfaction_ratio | course/K1  | term   | 3         | 5           | 0.6      | (1 very, 2 rather) ÷ 5 students
blended_courses          | major/M1   | year   | 2         |             | 2        | K2, K3
online_courses           | major/M1   | year   | 2         |             | 2        | K1, K3
ideology_cases           | course/K1  | year   | 3         |             | 3        | resources 1, 4, 5
enterprise_cases         | major/M1   | year   | 2         |             | 2        | resources 2, 9
""")  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def measured(hub: Any) -> Any:
    """What every cell of the college says."""
    return await measure(hub, COLLEGE, GOLDEN)


@pytest.mark.parametrize("line", GOLDEN, ids=str)
async def test_a_value_is_what_counting_by_hand_gives(measured: Any, line: Line) -> None:
    assert measured[line.cell] == line.parts, line.arithmetic
