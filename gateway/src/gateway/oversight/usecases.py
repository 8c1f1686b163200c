"""Order that somebody is erased, and take in what the services answer."""

import hashlib
import json
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from gateway.oversight import repository
from gateway.tables import ErasureAnswerRow, ErasureRow
from shared.contracts.persons import PersonErased, PersonErasureOrdered
from shared.errors import DomainError, ErrorKind
from shared.kit.audit.deeds import Circumstances, Deed
from shared.kit.audit.rows import append
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from shared.persons.register import Person, collect, deleted, erase, kept, scope_holding

HOLDINGS: Final = (
    scope_holding(),
    deleted("session", "登录会话", "t.subject = :person"),
    deleted("calendar_address", "日历订阅地址", "t.subject = :person"),
    deleted("embed_token", "嵌入令牌", "t.subject = :person"),
    deleted("role_grant", "角色授予", "t.person = :person"),
    deleted("account", "本地账号", "t.subject = :person"),
    kept("erasure", "删除的证明"),
)
"""What the gateway itself holds of persons; of its audit nothing is taken away."""

ANSWERING: Final = ("gateway", "datahub", "target", "spiral", "alert", "report")

HELD: Final = (
    "消息流保留期：QA_INGEST_* 与 QA_DATA 30 天、QA_DLQ 180 天、QA_EVT 400 天；审计按其年限保留",
    "streams hold what passed: QA_INGEST_*, QA_DATA 30 days, QA_DLQ 180, QA_EVT 400; audits, years",
    "备份按其周期轮换；轮换之前恢复的，须重新执行本次删除",
    "backups rotate; what is restored from one before that is to be erased again",
    "为重复请求保存的应答（Idempotency-Key）：默认一天",
    "answers kept for requests that are repeated (Idempotency-Key): a day unless set otherwise",
)
"""What no table shows, and goes by itself."""

REMAINS: Final = (
    (
        "他人写下的文字（诊断、原因、措施、评语、批注、进展）可能提到此人：程序不能可靠识别，"
        "未改动；技术上难以删除，除存储与安全保护外停止处理（个保法 §47），见到时由撰写者改正"
    ),
    (
        "texts of others may mention the person: no program can tell, and none was changed; hard"
        " to erase, so that nothing but storing and protecting them goes on (PIPL §47)"
    ),
    "已签发的报告及其文件：签发后不可改动，归档期内原样保存，其中可能有姓名（个保法 §47）",
    (
        "reports that were issued, and their files: immutable, kept whole for the time of the"
        " archive, with the name in them (PIPL §47)"
    ),
    "各服务已发布的事实（/facts）：以学工号为代码、不含姓名，供重建，随归档期保留（个保法 §47）",
    (
        "facts that services published (/facts): under the number, without a name, for rebuilds, as"
        " long as the archive (PIPL §47)"
    ),
    (
        "班级、专业、学校的合计与比率：不能识别个人，少于 5 人的分组遮蔽；匿名化信息不属"
        "个人信息（个保法 §4），不重新计算"
    ),
    (
        "sums and rates of classes, majors, the school: nobody can be told from them, groups of"
        " fewer than five are masked (PIPL §4); they are not computed anew"
    ),
)
"""What stays, and on what ground; what stays of single tables, these say themselves."""


class ErasureNotFoundError(DomainError):
    """There is no such erasure."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "erasure-not-found"
    title_zh: ClassVar = "没有这次删除"
    title_en: ClassVar = "No such erasure"


async def order(tx: Transaction, scope: str, reason: str, who: Circumstances, at: datetime) -> UUID:
    """Have somebody erased in every service; the gateway does its own part at once."""
    id_ = uuid7()
    kept_ = {"held": list(HELD), "remains": list(REMAINS)}
    tx.session.add(ErasureRow(id=id_, scope=scope, reason=reason, ordered_by=who.actor, **kept_))
    await tx.session.flush()
    tables = await erase(tx, HOLDINGS, Person(scope))
    told = [each.model_dump() for each in tables]
    await repository.keep_answer(tx, id_, "gateway", at, told)
    tx.publish(PersonErasureOrdered(erasure=str(id_), scope=scope, ordered_at=at), scope)
    deed = Deed(kind="person-erased", about=scope, detail={"erasure": str(id_), "reason": reason})
    await append(tx, who, [deed])
    return id_


async def take_answer(tx: Transaction, service: str, answer: PersonErased) -> None:
    """Take in what a service did."""
    if await repository.find(tx, UUID(answer.erasure)) is not None:
        tables = [each.model_dump() for each in answer.tables]
        await repository.keep_answer(tx, UUID(answer.erasure), service, answer.at, tables)


async def own_data(tx: Transaction, scope: str) -> dict[str, list[dict[str, Any]]]:
    """Return what the gateway holds of somebody; never a secret."""
    found = await collect(tx, HOLDINGS, Person(scope))
    return {
        table: [{name: each[name] for name in each if name not in _SECRETS} for each in rows]
        for table, rows in found.items()
    }


_SECRETS: Final = frozenset(
    {
        *("password_hash", "id_hash", "token_hash", "provider_key", "provider_subject"),
        "logout_hint",
    }
)


def proof_of(order_: ErasureRow, answers: list[ErasureAnswerRow]) -> dict[str, Any]:
    """Return the proof of an erasure: what was ordered, what each service did, and a digest."""
    told = {
        "id": str(order_.id),
        "scope": order_.scope,
        "ordered_by": order_.ordered_by,
        "ordered_at": order_.ordered_at.isoformat(),
        "answers": [
            {"service": each.service, "at": each.at.isoformat(), "tables": each.tables}
            for each in answers
        ],
        "held": order_.held,
    } | ({"remains": order_.remains} if order_.remains else {})
    written = json.dumps(told, sort_keys=True, ensure_ascii=False).encode()
    answered = {each.service for each in answers}
    return {
        "remains": [],
        **told,
        "reason": order_.reason,
        "missing": [each for each in ANSWERING if each not in answered],
        "digest": hashlib.sha256(written).hexdigest(),
    }


async def find_proof(tx: Transaction, id_: UUID) -> dict[str, Any]:
    """Return the proof of an erasure.

    Raises:
        ErasureNotFoundError: there is none.
    """
    found = await repository.find(tx, id_)
    if found is None:
        raise ErasureNotFoundError(f"没有删除 {id_}", f"there is no erasure {id_}")
    return proof_of(found, list(await repository.answers_to(tx, id_)))
