"""Assets (国资): tabs, apostrophes before numbers, money as ￥12万, 1,234.50 and 3.6万元."""

from collections.abc import Iterator
from datetime import date, timedelta

from helix8.demo.college.catalogue import MAJORS
from helix8.demo.college.model import College
from helix8.demo.college.records import Daily, Export, Format, Record, Table, compact
from helix8.demo.college.spec import dice

SYSTEM = "assets"

ASSET = Export(
    "assets/资产台账.tsv",
    "assets.asset_item",
    Format("gb18030", "\t"),
    ("资产编号",),
    (("原值", "约300"), ("使用状况", "不详"), ("购置日期", "20250230")),
)

_ITEMS = 1500
_BOUGHT = 3
_WORKDAYS = 5
_GOODS = (
    ("全站仪", "A02100301", 48_000, "设备"),
    ("图形工作站", "A02010105", 12_600, "设备"),
    ("混凝土压力试验机", "A02100601", 86_000, "设备"),
    ("BIM 实训终端", "A02010108", 9_800, "设备"),
    ("交互式智能黑板", "A02021103", 23_500, "设备"),
    ("综合布线实训台", "A02330900", 31_200, "设备"),
    ("课桌椅", "A05010300", 640, "家具和用具"),
    ("实训工作台", "A05010299", 2_150, "家具和用具"),
)


def tables(college: College) -> Iterator[Table]:
    """Yield the register of assets."""
    yield _register(college).spoiled(college.spec)


def _register(college: College) -> Table:
    return ASSET.table(asset_record(college, number) for number in range(1, _ITEMS + 1))


def daily(college: College, day: date) -> Iterator[Daily]:
    """Yield what was bought on a day, what lies idle since, and what was written off."""
    if day.weekday() >= _WORKDAYS:
        return
    turn = (day - college.spec.data_day).days
    numbers = range(_ITEMS + turn * _BOUGHT + 1, _ITEMS + (turn + 1) * _BOUGHT + 1)
    new = [asset_record(college, number) | {"购置日期": compact(day)} for number in numbers]
    register = _register(college).spoiled(college.spec)
    sound = [row for key, row in register.rows.items() if key not in register.faults]
    idle = [row | {"使用状况": "闲置"} for row in sound[turn * 2 : turn * 2 + 2]]
    yield Daily(ASSET, new=new, changed=idle, gone=sound[-turn - 1 : len(sound) - turn])


def money(yuan: int, turn: int) -> str:
    """Write an amount as one of the clerks does; whole hundreds only where 万 is written."""
    spellings = (
        f"{yuan:,}.00",
        f"￥{yuan / 10_000:g}万",
        f"{yuan}",
        f"{yuan}元",
        f"{yuan / 10_000:g}万元",
    )
    return spellings[turn % len(spellings)]


def asset_record(college: College, number: int) -> Record:
    """Return an item of the register by its number."""
    random = dice(college.spec.seed, "asset", number)
    name, code, price, basic = random.choice(_GOODS)
    unit = random.choice(MAJORS).unit
    keepers = [person.no for person in college.staff if person.unit == unit]
    bought = college.spec.data_day - timedelta(days=random.randint(30, 3000))
    value = price * random.randint(90, 130) // 100 // 10 * 10
    return {
        "资产编号": f"'{2016 + number % 10}{number:06d}",
        "资产名称": name,
        "分类号": code,
        "基础分类": basic,
        "原值": money(value, number),
        "购置日期": compact(bought) if number % 4 else bought.isoformat(),
        "供应商": random.choice(("示例仪器有限公司", "示例教育装备有限公司", "无")),
        "来源": random.choices(("外购", "捐赠", "调入"), (94, 4, 2))[0],
        "使用状况": random.choices(("在用", "闲置", "其他"), (93, 5, 2))[0],
        "使用部门": unit,
        "存放地点": f"实训楼{random.randint(1, 6)}{random.randint(1, 20):02d}",
        "保管人": random.choice(keepers),
        "教学科研用": "是" if basic == "设备" else "否",
        "贵重": "是" if value >= 100_000 else "否",
    }
