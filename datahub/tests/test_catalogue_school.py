"""Golden values of the catalogue: the school (SC01–SC55)."""

from typing import Any

import pytest
import pytest_asyncio

from datahub.tests.golden import Line, measure, read_lines

pytestmark = pytest.mark.asyncio(loop_scope="module")

COLLEGE = {
    "org_unit": """
        org_code | name
        O1       | 建筑学院
        O2       | 信息学院
    """,
    "major": """
        major_code | org_code | status | key_chain
        M1         | O1       | open   | true
        M2         | O2       | open   | false
        M3         | O2       | paused | true
    """,
    "student": """
        student_no | major_code | in_school | education_level | training_mode | overseas | study_form
        S1         | M1         | true      | 2               | order         | false    | full_time
        S2         | M1         | true      | 2               | order         | false    |
        S3         | M1         | true      | 2               | apprentice    | false    |
        S4         | M1         | true      | 2               | normal        | false    |
        S5         | M2         | true      | 1               | normal        | true     |
        S6         | M2         | true      | 2               | normal        | false    |
        S7         | M2         | true      | 2               | normal        | false    | evening
        S8         | M2         | true      | 2               | normal        | false    | correspondence
        G1         | M1         | false     | 2               | order         | false    |
        G2         | M1         | false     | 2               | normal        | true     |
        G3         | M1         | false     | 2               | normal        | false    |
        G4         | M1         | false     | 2               | normal        | false    |
        G5         | M2         | false     | 2               | normal        | false    |
        G6         | M2         | false     | 2               | normal        | false    |
        G7         | M2         | false     | 2               | normal        | false    |
    """,
    # 14610 days are 40 years of 365.25 days, 11688 are 32, 13149 are 36, 16071 are 44.
    "staff": """
        staff_no | staff_type | org_code | major_code | external | teaching_share | dual_qualified | degree | title | birth_date  | talent_class
        T1       | 11         | O1       | M1         | false    | 1              | true           | 2      | 011   | today-14610 | national
        T2       | 11         | O1       | M1         | false    | 1              | false          | 3      | 012   | today-11688 |
        T3       | 11         | O2       | M2         | false    | 1              | true           | 4      | 013   | today-13149 | municipal
        T4       | 52         | O2       | M2         | true     | 0.5            | true           | 3      | 082   | today-17532 |
        T5       | 13         | O1       |            | false    | 0              | false          | 3      | 132   | today-15000 |
        T6       | 11         | O1       |            | false    | 1              | true           | 3      | 014   | today-16071 |
    """,
    "staff_appointment": """
        staff_no | kind           | duty       | valid_from | valid_to
        T5       | post           | counsellor | 2020-01-01 |
        T5       | administrative | counsellor | 2021-01-01 |
        T2       | post           | counsellor | 2020-01-01 | 2021-01-01
        T6       | post           | counsellor | 2022-01-01 | 2099-12-31
        T1       | post           | major_lead | 2022-01-01 |
    """,
    "course": """
        course_code | org_code | excellent_level | enterprise_codeveloped
        K1          | O1       | 1               | true
        K2          | O2       | 2               | false
        K3          | O2       | 3               | true
    """,
    "teaching_class": """
        class_no | course_code | term        | teacher_no | org_code | hours
        J1       | K1          | 2026-2027-1 | T1         | O1       | 64
        J2       | K2          | 2026-2027-1 | T3         | O2       | 32
        J3       | K1          | 2026-2027-1 | T4         | O1       | 48
    """,
    "asset_item": """
        asset_no | org_code | basic_class | teaching_use | computer | original_value | source | purchased_on
        A1       | O1       | 2           | true         | false    | 40000          | 2      | today-1000
        A2       | O2       | 2           | true         | true     | 8000           | 5      | today-364
        A3       | O2       | 2           | false        | true     | 9000           | 2      | today-10
        A4       | O1       | 5           | true         | false    | 500            | 5      | today-10
        A5       | O2       | 2           | true         | true     | 8000           | 2      | today-365
    """,
    "campus": """
        campus_code | area_m2
        E           | 3000
        W           | 1000
    """,
    "room": """
        building | room_no | use      | kind | area_m2 | seats | wireless
        B1       | 101     | teaching | 1    | 400     | 60    | true
        B1       | 102     | teaching | 2    | 80      | 40    | false
        B1       | 103     | practice | 8    | 200     | 30    | true
        B1       | 104     | admin    | 99   | 50      | 9     | false
        B2       | 101     | dorm     | 99   | 320     | 0     | false
        B2       | 102     | library  | 99   | 150     | 80    |
        B2       | 103     | other    | 99   | 99      | 7     |
    """,
    "lab_room": """
        lab_no | stations
        L1     | 40
        L2     | 24
    """,
    "library_holding": """
        year | kind       | volumes | added
        {Y}  | paper      | 800     | 40
        {Y}  | electronic | 200     | 8
        {P}  | paper      | 760     | 30
    """,
    "finance_item": """
        year | item_no | direction | category         | amount
        {Y}  | 1       | income    | grant            | 84000
        {Y}  | 2       | income    | tuition          | 56000
        {Y}  | 3       | expense   | teaching         | 21000
        {Y}  | 4       | expense   | equipment        | 7000
        {Y}  | 5       | expense   | teacher_training | 2800
        {Y}  | 6       | expense   | other            | 999
        {P}  | 1       | income    | grant            | 80000
    """,
    "company": """
        uscc | name | above_scale
        U1   | 甲   | true
        U2   | 乙   | false
        U3   | 丙   | false
    """,
    "training_base": """
        base_no | kind
        D1      | 1
        D2      | 1
        D3      | 1
        D4      | 3
    """,
    "cooperation": """
        company_uscc | major_code
        U1           | M1
        U2           | M1
        U1           | M3
    """,
    "admission_plan": """
        year | major_code | planned
        {Y}  | M1         | 4
        {Y}  | M2         | 6
    """,
    "admission": """
        year | candidate_no | major_code | first_choice | other_province | arrived
        {Y}  | N1           | M1         | true         | false          | true
        {Y}  | N2           | M1         | true         | false          | true
        {Y}  | N3           | M1         | false        | true           | true
        {Y}  | N4           | M1         | true         | true           | false
        {Y}  | N5           | M2         | true         | false          | true
        {Y}  | N6           | M2         | true         | true           | true
        {Y}  | N7           | M2         | false        | false          | true
        {Y}  | N8           | M2         | true         | false          | true
    """,
    "graduation": """
        student_no | grad_year | result
        G1         | {Y}       | graduated
        G2         | {Y}       | graduated
        G3         | {Y}       | graduated
        G4         | {Y}       | graduated
        G5         | {Y}       | graduated
        G6         | {Y}       | completed
        G7         | {Y}       | graduated
    """,
    "employment": """
        student_no | record_no | grad_year | kind | start_salary | self_employed | matched
        G1         | 1         | {Y}       | 20   | 5000         | false         | true
        G1         | 2         | {Y}       | 20   | 5000         | false         | true
        G2         | 1         | {Y}       | 30   |              | false         | true
        G3         | 1         | {Y}       | 50   |              | false         |
        G4         | 1         | {Y}       | 60   | 4000         | true          | false
        G5         | 1         | {Y}       | 20   | 6000         | false         | true
        G7         | 1         | {Y}       | 10   | 5500         | false         | false
    """,
    "survey": """
        survey_no | audience | term
        V1        | graduate | 2026-2027-1
        V2        | employer | 2026-2027-1
        V3        | parent   | 2026-2027-1
        V4        | staff    | 2026-2027-1
    """,
    "survey_answer": """
        survey_no | answer_no | answers | satisfaction
        V1        | 1         | -       | very
        V1        | 2         | -       | very
        V1        | 3         | -       | rather
        V1        | 4         | -       | basically
        V1        | 5         | -       | not
        V2        | 1         | -       | very
        V2        | 2         | -       | rather
        V2        | 3         | -       | rather
        V2        | 4         | -       | rather
        V2        | 5         | -       | basically
        V3        | 1         | -       | very
        V3        | 2         | -       | very
        V3        | 3         | -       | very
        V3        | 4         | -       | rather
        V3        | 5         | -       | not
        V4        | 1         | -       | very
        V4        | 2         | -       | very
        V4        | 3         | -       | rather
        V4        | 4         | -       | rather
        V4        | 5         | -       | rather
    """,
    "research_project": """
        project_no | nature     | leader_no | org_code | approved_on
        P1         | horizontal | T1        | O1       | {Y}-01-05
        P2         | vertical   | T3        | O2       | {P}-05-01
    """,
    "research_fund": """
        voucher_no | voucher_line | project_no | direction | activity | amount | booked_at
        F1         | 1            | P1         | received  | 50       | 30000  | {Y}-03-05T10:00:00+08:00
        F1         | 2            | P1         | spent     | 50       | 9000   | {Y}-03-05T10:00:00+08:00
        F2         | 1            | P2         | received  | 40       | 20000  | {Y}-03-06T10:00:00+08:00
        F3         | 1            | P2         | received  | 20       | 5000   | {Y}-03-07T10:00:00+08:00
        F4         | 1            | P2         | received  | 40       | 7000   | {P}-03-07T10:00:00+08:00
    """,
    "research_output": """
        kind   | output_no | first_author_no | patent_state | published_on
        patent | 1         | T1              | 1            | {Y}-02-01
        patent | 2         | T1              | 2            | {Y}-02-02
        paper  | 1         | T1              |              | {Y}-02-03
        paper  | 2         | T3              |              | {Y}-02-04
        paper  | 3         | T3              |              | {P}-02-04
        book   | 1         | T3              |              | {Y}-02-05
    """,
    "award": """
        award_no | subject_kind | category | level | grade | awarded_on
        1        | staff        | research | 10    | 2     | {Y}-04-01
        2        | staff        | research | 20    | 3     | {Y}-04-02
        3        | staff        | research | 60    | 2     | {Y}-04-03
        4        | team         | teaching | 20    | 1     | {Y}-04-04
        5        | team         | teaching | 10    | 4     | {Y}-04-05
        6        | student      | contest  | 70    | 2     | {Y}-04-06
        7        | student      | contest  | 20    | 4     | {Y}-04-07
        8        | team         | party    | 20    | 6     | {Y}-04-08
        9        | team         | party    | 60    | 6     | {Y}-04-09
        10       | team         | party    | 60    | 6     | {P}-04-09
    """,
    "social_training": """
        training_no | public_good | persons | hours | income | starts_on
        1           | true        | 12      | 16    | 0      | {Y}-05-01
        2           | false       | 20      | 40    | 50000  | {Y}-05-02
    """,
    "exchange": """
        exchange_no | org_code | starts_on
        1           | O1       | {Y}-06-01
        2           | O1       | {Y}-06-02
        3           | O1       | {P}-06-02
    """,
    "construction": """
        construction_no | kind          | level
        1               | resource_bank | 10
        2               | resource_bank | 20
        3               | base          | 10
    """,
    "textbook": """
        book_no | plan_level | published_on
        1       | 10         | {Y}-01-01
        2       | 20         | {Y}-01-01
        3       |            | {Y}-01-01
    """,
    "party_fee": """
        branch_no | month | due | paid
        1         | {M}   | 100 | 100
        2         | {M}   | 60  | 44
    """,
    "student_punishment": """
        doc_no | student_no | issued_on
        1      | S3         | {Y}-01-10
        2      | S3         | {Y}-01-11
        3      | S4         | {Y}-01-12
        4      | S1         | {P}-01-12
    """,
    "teaching_incident": """
        incident_no | staff_no | happened_on
        1           | T2       | {Y}-01-20
    """,
    "class_inspection": """
        inspection_no | class_no | kind  | date
        1             | J1       | visit | today
        2             | J2       | visit | today
        3             | J2       | tour  | today
    """,
    "network_link": """
        link_no | bandwidth_mbps
        1       | 1000
        2       | 2000
    """,
    "source_system": """
        system_code | name
        jw          | 教务
        rs          | 人事
        xg          | 学工
    """,
    "resource": """
        resource_no | hours
        1           | 12
        2           | 4
    """,
    "task": """
        task_no | kind    | due_on    | done_on   | warned
        1       | plan    | {P}-06-01 | {P}-05-01 | false
        2       | plan    | {P}-06-02 |           | true
        3       | routine | {P}-06-03 | {P}-06-04 | false
        4       | key     | {P}-06-04 | {P}-06-04 | false
        5       | ad_hoc  | {P}-06-05 | {P}-06-01 | false
    """,
    "alert": """
        alert_no | severity | raised_at                 | closed_at
        1        | red      | {P}-06-01T08:00:00+08:00 | {P}-06-02T08:00:00+08:00
        2        | blue     | {P}-06-02T08:00:00+08:00 | {P}-06-03T08:00:00+08:00
        3        | blue     | {P}-06-03T08:00:00+08:00 | {P}-06-04T08:00:00+08:00
        4        | blue     | {P}-06-04T08:00:00+08:00 |
    """,
}  # fmt: skip

GOLDEN = read_lines("""
indicator                   | scope    | period    | numerator | denominator | value    | arithmetic
student_staff_ratio         | school/S | year      | 8.4       | 4.5         | 1.866667 | (S1–S4 4 + S5 from abroad 3 + S6 1 + S7 0.3 + S8 0.1) ÷ (T1 1 + T2 1 + T3 1 + T4 0.5 + T5 0 + T6 1)
student_staff_ratio         | school/S | term      | 8.4       | 4.5         | 1.866667 | the same in the present term
student_staff_ratio         | major/M1 | year      | 4         | 2           | 2        | S1–S4 ÷ (T1 1 + T2 1)
counsellor_ratio            | school/S | year      | 8         | 2           | 4        | S1–S8 ÷ (T5, T6); T2 ended
dual_qualified_ratio        | school/S | year      | 2         | 3           | 0.666667 | (T1, T3) ÷ (T1, T2, T3); T4 is part-time, T6 of no major
postgraduate_teacher_ratio  | school/S | year      | 3         | 4           | 0.75     | (T1 2, T2 3, T6 3) ÷ (T1, T2, T3, T6)
senior_title_ratio          | school/S | year      | 2         | 4           | 0.5      | (T1 011, T2 012) ÷ (T1, T2, T3, T6)
talent_weighted             | school/S | year      | 4.5       |             | 4.5      | T1 3 + T3 1.5
teacher_mean_age            | school/S | year      | 55518     | 1461        | 38       | (14610 + 11688 + 13149 + 16071) ÷ (4 × 365.25)
hours_per_teacher           | school/S | term      | 96        | 4           | 24       | (J1 64 + J2 32) ÷ (T1, T2, T3, T6); J3 is T4's
part_time_teacher_ratio     | school/S | year      | 1         | 5           | 0.2      | T4 ÷ (T1, T2, T3, T6, T4)
equipment_value_per_student | school/S | year      | 56000     | 8           | 7000     | (A1 40000 + A2 8000 + A5 8000) ÷ 8
new_equipment_ratio         | school/S | year      | 8000      | 56000       | 0.142857 | A2 (364 days) ÷ 56000; A5 is 365 days old
teaching_area_per_student   | school/S | year      | 880       | 8           | 110      | (400 + 80 + 200 + 50 + 150) ÷ 8
dorm_area_per_student       | school/S | year      | 320       | 8           | 40       | 320 ÷ 8
land_per_student            | school/S | year      | 4000      | 8           | 500      | (3000 + 1000) ÷ 8
stations_per_student        | school/S | year      | 64        | 8           | 8        | (40 + 24) ÷ 8
practice_area_per_student   | school/S | year      | 200       | 8           | 25       | 200 ÷ 8
computers_per_100           | school/S | year      | 200       | 8           | 25       | (A2, A5) 2 × 100 ÷ 8
media_seats_per_100         | school/S | year      | 10000     | 8           | 1250     | (60 + 40) × 100 ÷ 8
books_per_student           | school/S | year      | 1000      | 8           | 125      | (800 + 200) ÷ 8
new_books_per_student       | school/S | year      | 48        | 8           | 6        | (40 + 8) ÷ 8
grant_per_student           | school/S | year      | 84000     | 7           | 12000    | 84000 ÷ (S1–S8 without S5)
teaching_spend_ratio        | school/S | year      | 28000     | 140000      | 0.2      | (21000 + 7000) ÷ (84000 + 56000)
training_spend_ratio        | school/S | year      | 2800      | 140000      | 0.02     | 2800 ÷ (84000 + 56000)
companies_per_major         | school/S | year      | 2         | 2           | 1        | (U1 1 + U2 0.5 + U3 0.5) ÷ (M1, M2)
bases_per_major             | school/S | year      | 3         | 2           | 1.5      | (D1, D2, D3) ÷ (M1, M2)
majors_with_company_ratio   | school/S | year      | 1         | 2           | 0.5      | M1 ÷ (M1, M2); M3 is paused
order_student_ratio         | school/S | year      | 2         | 8           | 0.25     | (S1, S2) ÷ S1–S8
apprentice_ratio            | school/S | year      | 1         | 8           | 0.125    | S3 ÷ S1–S8
codeveloped_course_ratio    | school/S | term      | 1         | 2           | 0.5      | K1 ÷ (K1, K2); nobody teaches K3
codeveloped_course_ratio    | school/S | ayear     | 1         | 2           | 0.5      | the same in the academic year of the term
donated_equipment           | school/S | year      | 8000      |             | 8000     | A2; A4 is furniture
plan_fulfilment_ratio       | school/S | year      | 7         | 10          | 0.7      | N1–N8 without N4 ÷ (4 + 6)
first_choice_ratio          | school/S | year      | 6         | 8           | 0.75     | N1–N8 without N3, N7 ÷ N1–N8
other_province_ratio        | school/S | year      | 2         | 7           | 0.285714 | (N3, N6) ÷ 7 arrived; N4 did not arrive
graduation_ratio            | school/S | year      | 6         | 7           | 0.857143 | G1–G7 without G6 ÷ G1–G7
destination_ratio           | school/S | year      | 5         | 6           | 0.833333 | (G1, G2, G4, G5, G7) ÷ 6 graduated; G3 waits
graduate_salary             | school/S | year      | 25500     | 5           | 5100     | (5000 + 5000 + 4000 + 6000 + 5500) ÷ 5
self_employed_ratio         | school/S | year      | 1         | 6           | 0.166667 | G4 ÷ 6 graduated
related_job_ratio           | school/S | year      | 3         | 5           | 0.6      | (G1, G1, G5) ÷ (G1, G1, G4, G5, G7); G2 studies on
graduate_satisfaction       | school/S | term      | 340       | 5           | 68       | (100 + 100 + 80 + 60 + 0) ÷ 5
employer_satisfaction       | school/S | term      | 400       | 5           | 80       | (100 + 3 × 80 + 60) ÷ 5
parent_satisfaction         | school/S | term      | 380       | 5           | 76       | (3 × 100 + 80 + 0) ÷ 5
staff_satisfaction          | school/S | term      | 440       | 5           | 88       | (2 × 100 + 3 × 80) ÷ 5
commissioned_funds          | school/S | year      | 30000     |             | 30000    | F1; what was spent does not count
public_funds                | school/S | year      | 25000     |             | 25000    | F2 20000 + F3 5000; F4 is of last year
public_funds                | school/S | last year | 7000      |             | 7000     | F4
transfer_funds              | school/S | year      | 20000     |             | 20000    | F2
patents_granted             | school/S | year      | 1         |             | 1        | patent 1; patent 2 is pending
papers                      | school/S | year      | 2         |             | 2        | papers 1, 2
monographs                  | school/S | year      | 1         |             | 1        | book 1
research_awards_weighted    | school/S | year      | 3.5       |             | 3.5      | 3 × 1 + 1 × 0.5 + 0 × 1
social_training_ratio       | school/S | year      | 32        | 8           | 4        | (12 + 20) ÷ 8
training_income             | school/S | year      | 50000     |             | 50000    | 0 + 50000
public_training_hours       | school/S | year      | 16        |             | 16       | training 1
exchange_projects           | school/S | year      | 2         |             | 2        | exchanges 1, 2
overseas_students           | school/S | year      | 1         |             | 1        | S5; G2 has left
key_chain_major_ratio       | school/S | year      | 1         | 2           | 0.5      | M1 ÷ (M1, M2)
excellent_courses_weighted  | school/S | year      | 4         |             | 4        | K1 3 + K2 1 + K3 0
resource_banks_weighted     | school/S | year      | 4         |             | 4        | 3 + 1
planned_textbooks_weighted  | school/S | year      | 4         |             | 4        | 3 + 1
teaching_awards_weighted    | school/S | year      | 1.9       |             | 1.9      | 1 × 1 + 3 × 0.3
contest_awards_weighted     | school/S | year      | 3.3       |             | 3.3      | 3 × 1 + 1 × 0.3
party_dues_ratio            | school/S | month     | 144       | 160         | 0.9      | (100 + 44) ÷ (100 + 60)
party_dues_ratio            | school/S | year      | 144       | 160         | 0.9      | the one month of the year
party_honours               | school/S | year      | 2         |             | 2        | awards 8, 9
discipline_ratio            | school/S | year      | 2         | 8           | 0.25     | (S3, S4) ÷ 8
teaching_incidents          | school/S | year      | 1         |             | 1        | incident 1
class_visits                | school/S | term      | 2         |             | 2        | inspections 1, 2
teaching_checks             | school/S | term      | 1         |             | 1        | inspection 3
network_bandwidth           | school/S | year      | 3000      |             | 3000     | 1000 + 2000
wireless_coverage           | school/S | year      | 2         | 5           | 0.4      | B1/101, B1/103 of the five of which it is known
business_systems            | school/S | year      | 3         |             | 3        | jw, rs, xg
digital_hours_per_student   | school/S | year      | 16        | 8           | 2        | (12 + 4) ÷ 8
task_completion_ratio       | school/S | last year | 4         | 5           | 0.8      | tasks 1, 3, 4, 5 ÷ 5
task_overdue_ratio          | school/S | last year | 2         | 5           | 0.4      | tasks 2 (not done), 3 (a day late) ÷ 5
task_warned_ratio           | school/S | last year | 1         | 5           | 0.2      | task 2 ÷ 5
plan_completion_ratio       | school/S | last year | 1         | 2           | 0.5      | task 1 ÷ (1, 2)
alert_handling_ratio        | school/S | last year | 3         | 4           | 0.75     | alerts 1, 2, 3 ÷ 4
""")  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def measured(hub: Any) -> Any:
    """What every cell of the college says."""
    return await measure(hub, COLLEGE, GOLDEN)


@pytest.mark.parametrize("line", GOLDEN, ids=str)
async def test_a_value_is_what_counting_by_hand_gives(measured: Any, line: Line) -> None:
    assert measured[line.cell] == line.parts, line.arithmetic
