"""The events of the suite, read out of their models for people.

Source: contract "Events (NATS JetStream)"; the Chinese names follow the glossary.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from gateway.docs.domain.schemas import Reader, Row
from shared.contracts.base import Envelope, Event, schema_urn
from shared.contracts.catalogue import published_events, stream_of

_THINGS: Final[Mapping[str, str]] = {
    "alert": "预警",
    "assessment": "考核",
    "attainment": "达成状态",
    "audit": "审计",
    "binding": "绑定",
    "body": "机构",
    "calendar": "校历",
    "campaign": "质量文化活动",
    "correction": "纠偏",
    "cycle": "诊改周期",
    "diagnosis": "诊断",
    "entity": "记录",
    "feed": "数据源",
    "goal": "目标",
    "indicator": "指标",
    "lesson": "经验教训",
    "measure": "改进措施",
    "notification": "通知",
    "person": "人员",
    "plan": "规划",
    "proposal": "创新建议",
    "quarantine": "隔离区",
    "report": "报告",
    "review_round": "评审",
    "role": "角色",
    "scope": "诊改对象",
    "standard": "标准",
    "step": "环节",
    "survey": "调查",
    "task": "任务",
    "verdict": "接收结论",
    "workitem": "待办",
}
_HAPPENINGS: Final[Mapping[str, str]] = {
    "accepted": "接受",
    "acknowledged": "签收",
    "approved": "批准",
    "assigned": "指派",
    "carried": "结转",
    "changed": "变更",
    "closed": "关闭",
    "decided": "作出决定",
    "decomposed": "分解",
    "dismissed": "撤销",
    "distributed": "下达",
    "done": "完成",
    "drifted": "偏离约定",
    "erased": "删除",
    "erasure_ordered": "下令删除",
    "escalated": "督办",
    "evidenced": "提交佐证",
    "failed": "失败",
    "given": "给出",
    "granted": "授予",
    "grew": "新增",
    "held": "暂缓",
    "imported": "导入",
    "issued": "下发",
    "late": "迟到",
    "measured": "测得",
    "learnt": "登记",
    "merged": "合并",
    "migrated": "改用另一版本",
    "moved": "推进",
    "negotiated": "协商",
    "opened": "开启",
    "overdue": "逾期",
    "planned": "制定措施",
    "progressed": "进展",
    "published": "发布",
    "quality_failed": "质量不合格",
    "raised": "发生",
    "reassigned": "责任人有变",
    "recorded": "登记",
    "reminded": "提醒",
    "reopened": "重新开启",
    "replanned": "重排时间",
    "reviewed": "审核",
    "revised": "修订",
    "revoked": "收回",
    "sealed": "封存",
    "sent": "发出",
    "settled": "销号",
    "signed": "签署",
    "signed_in": "登录",
    "superseded": "被取代",
    "submitted": "提交",
    "verified": "验证",
    "withdrawn": "撤回",
}
_KEY: Final = "course/C0001"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """One event, ready to be shown."""

    type: str
    service: str
    zh: str
    en: str
    subjects: str
    """Where events of this type travel."""

    address: str
    """Where the example travels."""

    stream: str
    rows: Sequence[Row]
    example: str
    """The whole envelope, as it travels."""


def event_pages() -> list[EventPage]:
    """Return every event, by its type."""
    return [_page(each) for each in published_events().values()]


def envelope_rows() -> list[Row]:
    """Return the fields of the envelope."""
    schema = Envelope.model_json_schema(mode="serialization")
    return Reader(schema).rows(schema)


def sample_of(event: type[Event]) -> Event:
    """Return an event of this type with plausible contents."""
    schema = event.model_json_schema(mode="serialization")
    return event.model_validate(Reader(schema).example(schema))


def _page(event: type[Event]) -> EventPage:
    schema = event.model_json_schema(mode="serialization")
    _, service, thing, happening, _ = event.type.split(".")
    zh = f"{_THINGS.get(thing, thing)}{_HAPPENINGS.get(happening, happening)}"
    subjects, sample = event.subjects(), sample_of(event)
    return EventPage(
        type=event.type,
        service=service,
        zh=zh,
        en=" ".join((event.__doc__ or "").replace("``", "").split()),
        subjects=subjects,
        address=sample.address(_KEY),
        stream=stream_of(subjects),
        rows=Reader(schema).rows(schema),
        example=json.dumps(_envelope(sample, service, thing), ensure_ascii=False, indent=2),
    )


def _envelope(sample: Event, service: str, thing: str) -> dict[str, Any]:
    envelope = Envelope(
        id="0193a5f2-7c1e-7d3a-9b21-5f0e6c1a2b3d",
        source=f"urn:helix8:{service}",
        type=sample.event_type(),
        time=datetime(2026, 11, 23, 8, tzinfo=UTC),
        subject=f"{thing}/{_KEY}",
        dataschema=schema_urn(sample.event_type()),
        partitionkey=_KEY,
        correlationid="0193a5f2-6a00-7b11-8c42-1d2e3f405162",
        data=sample.model_dump(mode="json"),
    )
    return envelope.model_dump(mode="json", exclude_none=True)
