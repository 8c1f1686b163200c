"""Answers about national tables."""

from typing import Annotated

from pydantic import BaseModel, Field

from datahub.dictionary.domain.privacy import Privacy


class NationalTableOut(BaseModel):
    """A national table, and how well the hub fills it."""

    no: Annotated[int, Field(examples=[5])]
    table: Annotated[str, Field(examples=["ODS_KCJBSJ"])]
    zh: Annotated[str, Field(examples=["课程基本数据子类表"])]
    subset: Annotated[str, Field(examples=["ZYGJX 教学管理数据子集"])]
    group: Annotated[str, Field(examples=["ZYGJX01 课程数据类"])]
    rhythm: Annotated[str, Field(examples=["学期"])]
    scope: Annotated[str, Field(examples=["本学年秋季学期"])]
    mapped: Annotated[bool, Field(examples=[True])]
    entity: Annotated[
        str | None, Field(description="一行由何而来 · what a row is made of", examples=["course"])
    ]
    closed: Annotated[
        bool,
        Field(description="行本身不离开中台 · its rows do not leave the hub", examples=[False]),
    ]
    rows: Annotated[int, Field(examples=[1382])]
    elements: Annotated[int, Field(examples=[20])]
    mandatory: Annotated[int, Field(description="必填项数 · mandatory elements", examples=[15])]
    filled: Annotated[
        int,
        Field(
            description="每一行都有值的必填项数 · those with a value in every row", examples=[13]
        ),
    ]
    coverage: Annotated[
        float | None,
        Field(
            description="必填值的填报率；没有行则为空 · share of mandatory values; null: no rows",
            examples=[0.9333],
        ),
    ]


class ReasonOut(BaseModel):
    """Why an element is empty: in every row, or, ``not-known``, in those that lack it."""

    code: Annotated[str, Field(examples=["no-field"])]
    zh: Annotated[str, Field(examples=["课程 course 没有“相关竞赛名称”这样的字段"])]
    en: Annotated[str, Field(examples=["the entity course has no field for it"])]


class ElementGapOut(BaseModel):
    """What an element of a national table lacks."""

    element: Annotated[str, Field(examples=["KCXZM"])]
    zh: Annotated[str, Field(examples=["课程性质码"])]
    type: Annotated[str, Field(examples=["C"])]
    length: Annotated[str, Field(examples=["2"])]
    obligation: Annotated[str, Field(description="M 必填 · O 可选", examples=["M"])]
    code_set: Annotated[str | None, Field(examples=["szjz_kcxzdm"])]
    privacy: Privacy
    source: Annotated[
        str | None, Field(description="由何映射 · what it is mapped from", examples=["nature"])
    ]
    reason: Annotated[ReasonOut | None, Field(description="为何为空 · why it is empty")]
    missing: Annotated[int, Field(description="没有值的行数 · rows without a value", examples=[12])]
    too_long: Annotated[int, Field(description="超长的行数 · rows that exceed it", examples=[0])]
    foreign_codes: Annotated[
        int,
        Field(description="代码不在国家代码集中的行数 · codes that the set lacks", examples=[0]),
    ]
    may_exceed: Annotated[
        bool,
        Field(
            description="来源字段允许更长的值 · its field is declared to be longer",
            examples=[False],
        ),
    ]
    first_keys: Annotated[
        dict[str, list[str]],
        Field(
            description="有问题的前几条记录 · the first records with each fault",
            examples=[{"missing": ["C0007", "C0019"]}],
        ),
    ]


class GapsOut(NationalTableOut):
    """What a national table lacks, element by element."""

    gaps: list[ElementGapOut]
