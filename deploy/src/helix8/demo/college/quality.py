"""Quality management (质量管理): rates in percent, means that end in 分."""

from collections.abc import Iterator
from datetime import date

from helix8.demo.college.model import College
from helix8.demo.college.records import Daily, Export, Format, Record, Table
from helix8.demo.college.spec import CollegeSpec, dice
from helix8.demo.college.teaching import TeachingClass

SYSTEM = "quality"

EVALUATION = Export(
    "quality/jxpj.csv",
    "quality.teaching_evaluation",
    Format("utf-8"),
    ("xn", "xq", "jxb", "jsgh", "pjzt"),
    (("cpl", "150%"), ("pjzt", "家长"), ("jf", "九十分")),
)
_WORKDAYS, _RATED_A_DAY = 5, 3


def tables(college: College) -> Iterator[Table]:
    """Yield what students, supervisors and peers said about the classes of the term."""
    yield EVALUATION.table(_evaluations(college)).spoiled(college.spec)


def daily(college: College, day: date) -> Iterator[Daily]:
    """Yield classes whose students said more on a day, and those that a leader came to see."""
    if day.weekday() >= _WORKDAYS:
        return
    random = dice(college.spec.seed, "rating", day)
    changed = []
    for found in random.sample(college.classes, _RATED_A_DAY):
        points = student_points(college, found)
        points = [*points, random.randint(60, 100)][: len(found.active)]
        changed.append(evaluation_record(college.spec, found, "学生", len(found.active), points))
    turn = (day - college.spec.data_day).days
    seen = college.classes[turn % len(college.classes)]
    new = evaluation_record(college.spec, seen, "领导", 1, [random.randint(80, 95)])
    yield Daily(EVALUATION, new=[new], changed=changed)


def evaluation_record(
    spec: CollegeSpec, found: TeachingClass, evaluator: str, invited: int, points: list[int]
) -> Record:
    """Return what one kind of evaluator said: the points given, 0 to 100 each."""
    share = len(points) / invited * 100
    return {
        "xn": f"{spec.academic_year}-{spec.academic_year + 1}",
        "xq": str(spec.term_code),
        "jxb": found.no,
        "jsgh": found.teacher_nos[0],
        "pjzt": evaluator,
        "yprs": str(invited),
        "cprs": str(len(points)),
        "cpl": f"{share:.1f}%",
        "jf": f"{sum(points) / len(points):.2f}分",
        "zf": str(sum(points)),
    }


def student_points(college: College, found: TeachingClass) -> list[int]:
    """Return the points the students of a class gave its teacher."""
    random = dice(college.spec.seed, "evaluation", found.no)
    mean = random.uniform(84, 94) if random.random() > 0.06 else 76.0
    came = random.uniform(0.8, 0.97)
    return [
        min(100, max(40, round(random.gauss(mean, 6))))
        for _ in found.active
        if random.random() < came
    ]


def _evaluations(college: College) -> Iterator[Record]:
    spec = college.spec
    for found in college.classes:
        # Of a few students it may be that none answers.
        if points := student_points(college, found):
            yield evaluation_record(spec, found, "学生", len(found.active), points)
        random = dice(spec.seed, "inspection", found.no)
        for evaluator, share, invited in (("督导", 0.4, 3), ("同行", 0.35, 4)):
            if random.random() < share:
                points = [random.randint(80, 95) for _ in range(random.randint(2, invited))]
                yield evaluation_record(spec, found, evaluator, invited, points)
