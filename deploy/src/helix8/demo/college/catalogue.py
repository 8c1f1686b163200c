"""The fixed shape of the college: units, majors and courses.

Major names and national codes are those of the catalogue of 2021; everything else is invented.
"""

from typing import Final, NamedTuple


class UnitPlan(NamedTuple):
    """An organisation unit; ``kind`` is the word the personnel office uses."""

    code: str
    name: str
    short: str
    kind: str


class MajorPlan(NamedTuple):
    """A major; ``women`` is the share of women, ``dual`` how many of ten teachers are 双师型."""

    code: str
    name: str
    unit: str
    letters: str
    women: float
    dual: int
    courses: tuple[str, str, str, str]


OFFICE, BASICS, STUDENT_AFFAIRS = "DZB", "JCB", "XSC"

UNITS = (
    UnitPlan("DZB", "党政办公室", "党政办", "党群"),
    UnitPlan("JWC", "教务处", "教务处", "行政"),
    UnitPlan("RSC", "组织人事部", "组织人事部", "党群"),
    UnitPlan("KYC", "科研与社会服务处", "科研处", "行政"),
    UnitPlan("XSC", "学生工作处", "学工处", "行政"),
    UnitPlan("ZCC", "国有资产与后勤管理处", "国资处", "行政"),
    UnitPlan("ZLB", "质量管理办公室", "质量办", "行政"),
    UnitPlan("XXZX", "信息化中心", "信息中心", "教辅"),
    UnitPlan("JCB", "基础教学部", "基础部", "教学"),
    UnitPlan("JZGC", "建筑工程学院", "建工学院", "教学"),
    UnitPlan("JSGL", "建设管理学院", "建管学院", "教学"),
    UnitPlan("JZSJ", "建筑设计学院", "设计学院", "教学"),
    UnitPlan("SZSB", "市政与智能设备学院", "市政学院", "教学"),
    UnitPlan("XXJM", "信息与经贸学院", "信经学院", "教学"),
)

MAJORS = (
    MajorPlan(
        "440301",
        "建筑工程技术",
        "JZGC",
        "JG",
        0.18,
        7,
        ("建筑材料", "建筑构造与识图", "钢筋混凝土结构施工", "施工组织设计实训"),
    ),
    MajorPlan(
        "440302",
        "装配式建筑工程技术",
        "JZGC",
        "ZP",
        0.15,
        6,
        ("装配式建筑概论", "预制构件生产与吊装", "装配式混凝土结构施工", "装配化装修实训"),
    ),
    MajorPlan(
        "440304",
        "智能建造技术",
        "JZGC",
        "ZJ",
        0.2,
        5,
        ("智能建造概论", "建筑信息模型技术", "智能施工机械应用", "智慧工地管理实训"),
    ),
    MajorPlan(
        "440501",
        "工程造价",
        "JSGL",
        "GZ",
        0.55,
        6,
        ("工程经济基础", "建筑工程计量与计价", "安装工程计量与计价", "造价软件应用实训"),
    ),
    MajorPlan(
        "440502",
        "建设工程管理",
        "JSGL",
        "GL",
        0.45,
        5,
        ("建设法规", "工程招投标与合同管理", "工程项目管理", "工程资料管理实训"),
    ),
    MajorPlan(
        "440106",
        "建筑室内设计",
        "JZSJ",
        "SN",
        0.6,
        7,
        ("设计素描与色彩", "室内设计原理", "室内效果图制作", "住宅空间设计实训"),
    ),
    MajorPlan(
        "440104",
        "园林工程技术",
        "JZSJ",
        "YL",
        0.5,
        4,
        ("园林植物基础", "园林制图", "园林工程施工技术", "园林景观设计实训"),
    ),
    MajorPlan(
        "440601",
        "市政工程技术",
        "SZSB",
        "SZ",
        0.15,
        6,
        ("工程测量", "道路工程施工", "桥梁工程施工", "市政管道施工实训"),
    ),
    MajorPlan(
        "440404",
        "建筑智能化工程技术",
        "SZSB",
        "ZN",
        0.12,
        5,
        ("电工电子技术", "综合布线技术", "楼宇自动控制技术", "安全防范系统实训"),
    ),
    MajorPlan(
        "510203",
        "软件技术",
        "XXJM",
        "RJ",
        0.3,
        6,
        ("程序设计基础", "数据库应用技术", "前端开发技术", "企业级应用开发实训"),
    ),
    MajorPlan(
        "510205",
        "大数据技术",
        "XXJM",
        "DS",
        0.35,
        3,
        ("统计基础", "数据采集与清洗", "数据可视化技术", "数据分析综合实训"),
    ),
    MajorPlan(
        "530701",
        "电子商务",
        "XXJM",
        "DZ",
        0.62,
        5,
        ("电子商务基础", "网店运营", "短视频与直播营销", "跨境电商实训"),
    ),
)

# Three for the first year, three for the second, two for the third, in this order.
PUBLIC_COURSES = (
    "思想道德与法治",
    "高职英语",
    "高等数学",
    "信息技术",
    "体育与健康",
    "形势与政策",
    "大学语文",
    "创新创业基础",
    "职业发展与就业指导",
    "劳动教育",
)
ELECTIVES = ("建筑美学欣赏", "中国传统文化概论")

STANDINGS: Final = {
    "440301": "标杆",
    "440106": "标杆",
    "440501": "品牌",
    "440601": "特色",
}
"""What a major is built up as, by its code."""
