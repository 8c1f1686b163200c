"""Outbound mappings as data: every shipped one holds, a contradictory one is refused whole."""

from copy import deepcopy
from typing import Any

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.national.domain.checks import may_exceed
from datahub.national.domain.gaps import mandatory
from datahub.national.domain.mapping import TableMapping
from datahub.national.domain.mapping_document import MappingError, read_mappings
from datahub.national.repository.shipped import load_documents, load_mappings, load_own

KINDS = (
    *("path", "const", "join", "first", "holds", "count_of"),
    *("count", "distinct", "sum", "avg", "min", "max"),
)
HIDDEN = {
    ("ODS_SXJCSJ", "XNZDJSDH"),
    ("ODS_SXJCSJ", "ZFSXXSSJBC"),
    ("ODS_TZCSCJSJ", "CSCJ"),
    ("ODS_TZCSCJSJ", "CSDJ"),
    ("ODS_PKSRDSJ", "XH"),
    ("ODS_PKSRDSJ", "ZZDJ"),
    ("ODS_PKSRDSJ", "RDZT"),
    ("ODS_PKSRDSJ", "RDRQ"),
    ("ODS_JZDSQSJ", "XH"),
    ("ODS_JZDSQSJ", "XSXM"),
    ("ODS_JZDSQSJ", "JZBZ"),
    ("ODS_JZDSQSJ", "SQRQ"),
    ("ODS_JZDSQSJ", "SPSJ"),
    ("ODS_JZDSQSJ", "SPZTM"),
    ("ODS_XLZXJLSJ", "ZXRC"),
    ("ODS_XLZXJLSJ", "YYRC"),
    ("ODS_XLCPSJ", "ZYH"),
    ("ODS_BYQXJYSJ", "QXX"),
    ("ODS_XSQJSJ", "QJLX"),
    ("ODS_XSQJSJ", "QJYY"),
}
"""Mapped, and yet never reported: sensitive and restricted values."""


def refused(dictionary: Dictionary, **sections: Any) -> dict[str, list[str]]:
    """Return the faults of the shipped documents with some sections in place of others."""
    documents = deepcopy(load_documents()) | sections
    with pytest.raises(MappingError) as caught:
        read_mappings(documents, dictionary, load_own())
    return dict(caught.value.faults)


def test_every_table_that_an_entity_names_is_built_and_every_other_says_what_it_needs(
    dictionary: Dictionary,
) -> None:
    mappings = load_mappings()
    named = {table for entity in dictionary.entities.values() for table in entity.national}

    assert named == set(mappings.tables)
    assert (len(mappings.tables), len(mappings.needs)) == (74, 24)
    assert set(mappings.tables) | set(mappings.needs) == set(dictionary.tables)
    assert all(mappings.needs.values())


def test_how_much_of_the_standard_is_mapped() -> None:
    tables = load_mappings().tables.values()
    demanded = [each for table in tables for each in mandatory(table.table)]
    mapped = [each for each in demanded if each.field in load_mappings().tables[each.table].values]
    whole = [each for each in tables if all(e.field in each.values for e in mandatory(each.table))]

    assert (len(demanded), len(mapped), len(whole)) == (770, 671, 45)


def test_what_may_not_leave_unasked_is_never_reported() -> None:
    tables = load_mappings().tables

    assert {each.table.name for each in tables.values() if each.is_closed} == {
        "ODS_PKSRDSJ",
        "ODS_JZDSQSJ",
    }
    assert {
        (name, element.field)
        for name, each in tables.items()
        for element in each.table.elements.values()
        if element.field in each.values and each.is_hidden(element)
    } == HIDDEN


def test_a_table_rests_on_every_entity_that_it_reads() -> None:
    tables = load_mappings().tables

    assert tables["ODS_PKSJ"].entities == {
        *("class_session", "teaching_class", "course", "major", "org_unit", "term", "school"),
    }
    assert tables["ODS_XXJBSJ"].entities == {
        *("school", "major_group", "staff", "student", "source_system", "room"),
    }
    assert tables["ODS_ZHCJYPJSJ"].entities == {
        *("score", "term", "student", "major", "course", "school"),
    }


def test_a_field_that_may_be_longer_than_its_element_is_marked() -> None:
    def marked(mapping: TableMapping) -> set[str]:
        elements = mapping.table.elements
        return {name for name, value in mapping.values.items() if may_exceed(value, elements[name])}

    assert marked(load_mappings().tables["ODS_KCJBSJ"]) == {"KCMC"}
    assert marked(load_mappings().tables["ODS_SXSJBSJ"]) == {"SSGLDWMC", "FJH", "FZRJGH"}


def test_a_mapping_that_contradicts_the_dictionary_is_refused_with_every_fault(
    dictionary: Dictionary,
) -> None:
    faults = refused(
        dictionary,
        ODS_NOTHING={"from": "course"},
        ODS_DKSJ={},
        ODS_TZCSCJSJ={"from": "no_such"},
        ODS_JCJBSJ={"from": "course"},
        ODS_PYFASJ={},
        ODS_KCJBSJ={
            "from": "course",
            "where": {"online": ["maybe"], "school.name": "x", "name": "@past"},
            "group": ["KCXZM"],
            "why": {"KCH": "in some rows", "XX": "no element"},
            "KCH": "course_code",
            "KCMC": {"max": "title"},
            "KCLXM": "nature",
            "KCSXM": {"max": "nature"},
            "XX": "name",
        },
        ODS_BYQXJYSJ={
            "from": "employment",
            "XH": {"const": "123456789012345678901"},
            "XM": {"path": "student_no", "label": True},
            "ZYH": "student_no.major.name",
            "ZYMC": {"path": "region"},
            "JYDWSFXQHZDW": {"path": "partner", "codes": {"true": "1", "maybe": "x"}},
            "JYDWMC": {"join": []},
            "JYDWHYM": {"const": "Z"},
            "JYDWXZM": {"path": "company_nature", "colour": "red"},
            "JYDWGMM": {"count": True},
            "SFDK": {"path": "region", "region": "moon"},
            "JYQYSJGBM": {"path": "post", "region": "province"},
            "JYRQ": "partner",
            "SFZZCY": {"const": "1", "path": "matched"},
            "SFLHJY": {"count_of": "nothing"},
            "GZGWMC": {"join": [{"const": "x"}, "post"]},
            "CYXMMC": {"path": "grad_year", "scale": "0"},
        },
    )

    assert faults == {
        "$.ODS_BYQXJYSJ.CYXMMC.scale": [
            "须为 100 或 1/60 这样的正数 (a positive number)",
        ],
        "$.ODS_BYQXJYSJ.JYDWGMM": [
            "只有 group 才能汇总 (only a group can be tallied)",
            "代码集是 None，标准要 szjz_jydwgmdm，须给 codes (another code set: give codes)",
        ],
        "$.ODS_BYQXJYSJ.JYDWHYM": [
            "Z 不在代码集 szjz_hydm 中 (not in the code set)",
        ],
        "$.ODS_BYQXJYSJ.JYDWMC.join": [
            "须为非空列表 (a list that is not empty)",
        ],
        "$.ODS_BYQXJYSJ.JYDWSFXQHZDW": [
            "codes 缺少 false (are not translated)",
            "maybe 不是 partner 的值 (no values of the field)",
            "x 不在 szjz_sfbzdm 中 (not in the code set)",
        ],
        "$.ODS_BYQXJYSJ.JYDWXZM.colour": [
            "未知的键 (unknown key)",
        ],
        "$.ODS_BYQXJYSJ.JYQYSJGBM": [
            "post 没有代码集 (has no code set)",
            "post 不是行政区划 (is no region)",
            "代码集是 None，标准要 gbt_2260，须给 codes (another code set: give codes)",
        ],
        "$.ODS_BYQXJYSJ.JYRQ": [
            "boolean 不能写成 YYYYMMDD (cannot be written so)",
        ],
        "$.ODS_BYQXJYSJ.SFDK": [
            "代码集是 gbt_2260，标准要 szjz_sfbzdm，须给 codes (another code set: give codes)",
        ],
        "$.ODS_BYQXJYSJ.SFDK.region": [
            "只能是 city、county、province (one of city, county, province)",
        ],
        "$.ODS_BYQXJYSJ.SFLHJY": [
            "没有实体 nothing (no such entity)",
        ],
        "$.ODS_BYQXJYSJ.SFZZCY": [
            f"恰好一个 (exactly one): {', '.join(KINDS)}",
        ],
        "$.ODS_BYQXJYSJ.XH": [
            "常量 123456789012345678901 超过 20 个字符 (the constant is too long)",
        ],
        "$.ODS_BYQXJYSJ.XM": [
            "student_no 没有代码集 (has no code set)",
        ],
        "$.ODS_BYQXJYSJ.ZYH": [
            "student 没有字段 major (has no such field)",
        ],
        "$.ODS_BYQXJYSJ.ZYMC": [
            "代码须译成文字：label 或 codes (a code wants words: label or codes)",
        ],
        "$.ODS_DKSJ.needs": [
            "需要说明缺哪个实体 (say which entity it would need)",
        ],
        "$.ODS_JCJBSJ.from": [
            "实体 course 没有声明为此表供数 (does not feed this table)",
        ],
        "$.ODS_KCJBSJ.KCH": [
            "分组后须为分组项、常量或汇总 (a group element, a constant or a tally)",
        ],
        "$.ODS_KCJBSJ.KCLXM": [
            "分组后须为分组项、常量或汇总 (a group element, a constant or a tally)",
            "代码集是 szjz_kcxzdm，标准要 szjz_kclxdm，须给 codes (another code set: give codes)",
        ],
        "$.ODS_KCJBSJ.KCMC": [
            "course 没有字段 title (has no such field)",
        ],
        "$.ODS_KCJBSJ.KCSXM": [
            "代码集是 szjz_kcxzdm，标准要 szjz_kcsxdm，须给 codes (another code set: give codes)",
        ],
        "$.ODS_KCJBSJ.XX": [
            "表中没有这个数据项 (no such element)",
        ],
        "$.ODS_KCJBSJ.group": [
            "KCXZM 未由字段映射 (is not mapped from a field)",
        ],
        "$.ODS_KCJBSJ.where.name": [
            "@past 只用于日期 (for a date only)",
        ],
        "$.ODS_KCJBSJ.where.online": [
            "maybe 不是它的值 (not a value of it)",
        ],
        "$.ODS_KCJBSJ.where.school.name": [
            "须为行自己的字段或引用 (a field of the row)",
        ],
        "$.ODS_KCJBSJ.why.XX": [
            "表中没有这个数据项 (no such element)",
        ],
        "$.ODS_NOTHING": [
            "国家标准没有这张表 (no such national table)",
        ],
        "$.ODS_PYFASJ": [
            "有实体为它供数，却没有映射 (an entity feeds it; map it)",
        ],
        "$.ODS_TZCSCJSJ.from": [
            "没有实体 no_such (no such entity)",
        ],
    }


def test_a_group_is_made_of_what_names_nobody(dictionary: Dictionary) -> None:
    section = load_documents()["ODS_XSXFSJ"]

    faults = refused(
        dictionary, ODS_XSXFSJ={**section, "XFLBM": {"path": "student_no.sex"}, "XFRQ": "amount"}
    )

    assert faults == {
        "$.ODS_XSXFSJ.XFLBM": [
            "代码集是 gbt_2261_1，标准要 szjz_xflbdm，须给 codes (another code set: give codes)",
        ],
        "$.ODS_XSXFSJ.XFRQ": [
            "decimal 不能写成 YYYYMMDD (cannot be written so)",
        ],
        "$.ODS_XSXFSJ.group": [
            "XFLBM 会指明个人 (names somebody)",
        ],
    }
