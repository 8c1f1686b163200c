"""Golden values of the catalogue: students (ST01–ST18)."""

from typing import Any

import pytest
import pytest_asyncio

from datahub.tests.golden import PERIODS, Line, measure, read_lines

pytestmark = pytest.mark.asyncio(loop_scope="module")

COLLEGE = {
    "major": """
        major_code | name
        M1         | 工程造价
        M2         | 建筑工程技术
    """,
    "admin_class": """
        admin_class_code | major_code
        A1               | M1
    """,
    "student": """
        student_no | major_code | admin_class_code | in_school | yiban_verified
        S1         | M1         | A1               | true      | true
        S2         | M1         | A1               | true      | true
        S3         | M1         | A1               | true      | false
        S4         | M1         | A1               | true      | true
        S5         | M1         | A1               | false     | false
    """,
    "staff": """
        staff_no | name
        T1       | 李老师
    """,
    "course": """
        course_code | credits
        K1          | 4
        K2          | 2
        K3          | 3
    """,
    "teaching_class": """
        class_no | course_code | term
        J1       | K1          | 2026-2027-1
    """,
    "score": """
        student_no | course_code | term        | grade_type | attempt | number | gpa
        S1         | K1          | 2026-2027-1 | total      | 1       | 85     | 3.5
        S1         | K2          | 2026-2027-1 | total      | 1       | 50     | 0
        S1         | K3          | 2026-2027-1 | total      | 1       | 45     | 0
        S1         | K2          | 2026-2027-1 | total      | 2       | 66     | 1.6
        S1         | K1          | 2026-2027-1 | usual      | 1       | 30     |
        S2         | K1          | 2026-2027-1 | total      | 1       | 90     | 4
    """,
    "student_rank": """
        student_no | term        | within | rank | size
        S1         | 2026-2027-1 | class  | 12   | 40
        S1         | 2026-2027-1 | major  | 30   | 120
        S2         | 2026-2027-1 | class  | 1    | 40
    """,
    "attendance": """
        class_no | date    | sections | student_no | state
        J1       | today   | 1-2      | S1         | present
        J1       | today   | 3-4      | S1         | present
        J1       | today-1 | 1-2      | S1         | late
        J1       | today-1 | 3-4      | S1         | left_early
        J1       | today-2 | 1-2      | S1         | late_or_left_early
        J1       | today-2 | 3-4      | S1         | absent
        J1       | today-3 | 1-2      | S1         | absent
        J1       | today-3 | 3-4      | S1         | personal_leave
        J1       | today-4 | 1-2      | S1         | present
        J1       | today-4 | 3-4      | S1         | present
        J1       | today-5 | 1-2      | S1         | present
        J1       | today   | 1-2      | S2         | absent
    """,
    "student_aid": """
        student_no | aid_no | year      | kind | amount | hours | approved_at
        S1         | 1      | 2026-2027 | 1    | 3000   |       | {Y}-02-01T08:00:00+08:00
        S1         | 2      | 2026-2027 | 1    | 500    |       | {Y}-02-02T08:00:00+08:00
        S1         | 3      | 2026-2027 | 2    | 2200   |       | {Y}-02-03T08:00:00+08:00
        S1         | 4      | 2026-2027 | 3    | 8000   |       | {Y}-02-04T08:00:00+08:00
        S1         | 5      | 2026-2027 | 4    | 300    | 20    | {Y}-02-05T08:00:00+08:00
        S1         | 6      | 2026-2027 | 4    | 225    | 15    | {Y}-02-06T08:00:00+08:00
    """,
    "certificate": """
        student_no | cert_no | subject    | issued_on
        S1         | 1       | vocational | {Y}-01-01
        S1         | 2       | vocational | 2020-01-01
        S1         | 3       | language   | 2020-01-01
        S1         | 4       | computer   | {Y}-01-01
        S1         | 5       | other      | {Y}-01-01
    """,
    "fitness_test": """
        student_no | item   | tested_on | result
        S1         | 总分   | {Y}-01-10 | 72.5
        S1         | 肺活量 | {Y}-01-10 | 4200
        S2         | 总分   | {Y}-01-10 | 87.5
    """,
    "counselling_summary": """
        major_code | month | screened | score_total
        M1         | {M}   | 8        | 420
        M2         | {M}   | 4        | 240
    """,
    "club_activity": """
        activity_no | student_no | form      | starts_at
        1           | S1         | club      | {Y}-01-10T08:00:00+08:00
        2           | S1         | club      | {Y}-01-11T08:00:00+08:00
        3           | S1         | lecture   | {Y}-01-12T08:00:00+08:00
        4           | S1         | social    | {Y}-01-13T08:00:00+08:00
        5           | S1         | volunteer | {Y}-01-14T08:00:00+08:00
        6           | S1         | volunteer | {Y}-01-15T08:00:00+08:00
        7           | S1         | ideology  | {Y}-01-16T08:00:00+08:00
        8           | S1         | volunteer | {P}-01-15T08:00:00+08:00
    """,
    "card_event": """
        txn_no | student_no | kind    | amount | happened_at
        1      | S1         | consume | 12.5   | todayT08:00:00+08:00
        2      | S1         | consume | 9      | todayT12:00:00+08:00
        3      | S1         | access  |        | todayT12:30:00+08:00
    """,
    "student_punishment": """
        doc_no | student_no | issued_on
        1      | S1         | {Y}-01-10
        2      | S1         | {Y}-01-12
    """,
    "dorm_check": """
        student_no | checked_on | state | hygiene_failed
        S1         | today      | 2     | false
        S1         | today-1    | 1     | true
        S1         | today-2    | 2     | true
        S2         | today      | 1     | false
    """,
    "library_loan": """
        loan_no | student_no | borrowed_on
        1       | S1         | {Y}-01-10
        2       | S1         | {Y}-01-11
        3       | S1         | {Y}-01-12
        4       | S2         | {Y}-01-12
    """,
    "network_usage": """
        student_no | date  | minutes
        S1         | today | 150
        S2         | today | 90
    """,
    "award": """
        award_no | subject_kind | winner_no | major_code | category   | awarded_on
        1        | student      | S1        | M1         | contest    | {Y}-04-01
        2        | student      | S1        | M1         | contest    | {Y}-04-02
        3        | student      | S1        | M1         | innovation | {Y}-04-03
        4        | student      | S2        | M1         | contest    | {Y}-04-03
    """,
    "growth_record": """
        student_no | item | period | score | recorded_on
        S1         | 操行 | 1      | 88    | {Y}-01-20
        S1         | 操行 | 2      | 92    | {Y}-02-20
        S1         | 劳动 | 1      | 60    | {Y}-01-20
    """,
    "teaching_evaluation": """
        term        | class_no | staff_no | evaluator | invited | participants
        2026-2027-1 | J1       | T1       | student   | 40      | 34
        2026-2027-1 | J1       | T1       | peer      | 9       | 3
    """,
    "task": """
        task_no | kind | personal | student_no | due_on    | done_on
        1       | plan | true     | S1         | {P}-03-01 | {P}-03-01
        2       | plan | true     | S1         | {P}-04-01 |
    """,
    "internship": """
        student_no | internship_no | score | starts_on
        S1         | 1             | 60    | {Y}-01-10
        S2         | 1             | 75    | {Y}-01-10
        S3         | 1             | 59    | {Y}-01-10
        S4         | 1             | 88    | {Y}-01-10
        S5         | 1             |       | {Y}-01-10
    """,
}  # fmt: skip

GOLDEN = read_lines("""
indicator                | scope      | period    | numerator | denominator | value    | arithmetic
score_mean               | student/S1 | term      | 180       | 3           | 60       | (85 + 50 + 45) ÷ 3; the second attempt does not count
grade_point_mean         | student/S1 | term      | 14        | 9           | 1.555556 | (3.5 × 4 + 0 × 2 + 0 × 3) ÷ (4 + 2 + 3)
grade_point_mean         | major/M1   | term      | 30        | 13          | 2.307692 | (14 + 4 × 4) ÷ (9 + 4)
courses_failed           | student/S1 | term      | 2         |             | 2        | K2 50, K3 45
credits_failed           | student/S1 | term      | 5         |             | 5        | K2 2 + K3 3
credits_failed           | student/S2 | term      | 0         |             | 0        | S2 failed nothing
class_rank_ratio         | student/S1 | term      | 12        | 40          | 0.3      | 12 ÷ 40
major_rank_ratio         | student/S1 | term      | 30        | 120         | 0.25     | 30 ÷ 120
absences                 | student/S1 | term      | 2         |             | 2        | two
absences                 | group/A1   | term      | 3         |             | 3        | two of S1, one of S2
attendance_rate          | student/S1 | term      | 8         | 10          | 0.8      | 11 − 1 on leave = 10, 2 of them absent
late_or_early            | student/S1 | term      | 3         |             | 3        | late, left early, one of the two
scholarships             | student/S1 | year      | 2         |             | 2        | aids 1, 2
grants_in_aid            | student/S1 | year      | 1         |             | 1        | aid 3
vocational_certificates  | student/S1 | year      | 2         |             | 2        | certificates 1, 2
language_certificates    | student/S1 | year      | 1         |             | 1        | certificate 3, of an earlier year
computer_certificates    | student/S1 | year      | 1         |             | 1        | certificate 4
other_certificates       | student/S1 | year      | 1         |             | 1        | certificate 5
fitness_score            | student/S1 | year      | 72.5      | 1           | 72.5     | the total alone
fitness_score            | major/M1   | year      | 160       | 2           | 80       | (72.5 + 87.5) ÷ 2
psychological_mean       | major/M1   | month     | 420       | 8           | 52.5     | 420 ÷ 8
psychological_mean       | major/M2   | month     | 0         | 0           |          | four persons are fewer than five
club_activities          | student/S1 | year      | 2         |             | 2        | activities 1, 2
lecture_activities       | student/S1 | year      | 1         |             | 1        | activity 3
social_activities        | student/S1 | year      | 1         |             | 1        | activity 4
volunteer_activities     | student/S1 | year      | 2         |             | 2        | activities 5, 6
volunteer_activities     | student/S1 | last year | 1         |             | 1        | activity 8
work_study_hours         | student/S1 | year      | 35        |             | 35       | 20 + 15
loan_amount              | student/S1 | year      | 8000      |             | 8000     | aid 4
card_spending            | student/S1 | month     | 21.5      |             | 21.5     | 12.5 + 9
punishments              | student/S1 | year      | 2         |             | 2        | two
dorm_missing             | student/S1 | term      | 2         |             | 2        | today and two days ago
dorm_missing             | student/S2 | term      | 0         |             | 0        | S2 was there
hygiene_reports          | student/S1 | term      | 2         |             | 2        | one and two days ago
library_loans            | student/S1 | year      | 3         |             | 3        | loans 1, 2, 3
library_loans            | major/M1   | year      | 4         |             | 4        | loans 1–4
daily_online_hours       | student/S1 | month     | 150       | 60          | 2.5      | 150 minutes ÷ 1 day ÷ 60
daily_online_hours       | group/A1   | month     | 240       | 120         | 2        | (150 + 90) ÷ 2 days ÷ 60
contest_awards           | student/S1 | year      | 2         |             | 2        | awards 1, 2
contest_awards           | major/M1   | year      | 3         |             | 3        | awards 1, 2, 4
innovation_awards        | student/S1 | year      | 1         |             | 1        | award 3
conduct_score            | student/S1 | year      | 180       | 2           | 90       | (88 + 92) ÷ 2
ideology_activities      | student/S1 | year      | 1         |             | 1        | activity 7
yiban_ratio              | student/S1 | year      | 1         | 1           | 1        | S1 is verified
yiban_ratio              | major/M1   | year      | 3         | 4           | 0.75     | S1, S2, S4 ÷ S1–S4; S5 has left
evaluation_response_rate | school/S   | term      | 34        | 40          | 0.85     | 34 ÷ 40; peers are no students
own_tasks_ratio          | student/S1 | last year | 1         | 2           | 0.5      | task 1 ÷ (1, 2)
internship_pass_ratio    | major/M1   | year      | 3         | 4           | 0.75     | 60, 75, 88 of four with a score
""")  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def measured(hub: Any) -> Any:
    """What every cell of the college says."""
    return await measure(hub, COLLEGE, GOLDEN)


@pytest.mark.parametrize("line", GOLDEN, ids=str)
async def test_a_value_is_what_counting_by_hand_gives(measured: Any, line: Line) -> None:
    assert measured[line.cell] == line.parts, line.arithmetic


async def test_a_psychological_mean_stays_in_the_hub(measured: Any, hub: Any) -> None:
    told = [
        each["indicator"]
        for fact in await hub.facts()
        if fact["type"] == "qa.datahub.indicator.measured.v1"
        for each in fact["data"]["items"]
    ]

    assert ("psychological_mean", "major/M1", PERIODS["month"]) in measured
    assert "fitness_score" in told
    assert "psychological_mean" not in told
