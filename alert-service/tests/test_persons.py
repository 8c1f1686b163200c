"""What is held of one person is told him and erased; what others hold of others is neither."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from alert_service.api.persons import HOLDINGS
from alert_service.domain.rules.model import Signal
from alert_service.repository.signals import load_heard, log_signals
from shared.kit.clock import now
from shared.kit.sql import text
from shared.persons.register import Person, collect, erase

TOLD = text(
    'INSERT INTO notification (id, "group", route, channel, person, number, alerts, open, ended,'
    " title, lines, document, made_at, state, due_at) VALUES (:id, -1, 'reports', :id, '', 1, '{}',"
    " '{}', '{}', '班级报告', '{}', CAST(:document AS jsonb), now(), 'sent', now())"
)


def value(scope: str) -> Signal:
    return Signal("measured", "rate", scope, "year:2026", "", 1, now(), Decimal("0.5"))


async def test_files_about_a_person_go_and_those_about_others_stay(desk: Any) -> None:
    names = ["T1 甲 自诊报告.pdf", "T10 乙 自诊报告.pdf"]
    files = [{"name": each, "content": "VDE="} for each in names]
    told = {"report": {"persons": ["person/T1"], "files": files}}
    letter = {"version": "4", "alerts": []}
    database = desk.running.app.state.database
    async with database.transaction() as tx:
        for id_, document in (("mail", told), ("other", letter)):
            said = {"id": id_, "document": json.dumps(document)}
            await tx.session.execute(TOLD, said)
        await log_signals(tx, [value(each) for each in ("course/C1", "teacher/T1")], now())
        await log_signals(tx, [value("teacher/T10")], now())
        copy = await collect(tx, HOLDINGS, Person("teacher/T1"))
        done = await erase(tx, HOLDINGS, Person("teacher/T1"))
        told = load_heard(tx, [("measured", "rate")], now() - timedelta(hours=1), now())
        heard = [each.scope async for part in told for each in part]
        kept = dict((await tx.session.execute(text("SELECT id, document FROM notification"))).all())

    assert copy == {}
    assert [each.rows for each in done if each.table == "heard"] == [1]
    assert heard == ["course/C1", "teacher/T10"]
    assert [each.rows for each in done if each.table == "notification"] == [0, 1]
    assert [each["name"] for each in kept["mail"]["report"]["files"]] == names[1:]
    assert kept["other"] == letter
