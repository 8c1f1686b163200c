"""What is held of one person is told him and erased; what others hold of others is neither."""

import json
from typing import Any

from alert_service.api.persons import HOLDINGS
from shared.kit.sql import text
from shared.persons.register import Person, collect, erase

TOLD = text(
    'INSERT INTO notification (id, "group", route, channel, person, number, alerts, open, ended,'
    " title, lines, document, made_at, state, due_at) VALUES (:id, -1, 'reports', :id, '', 1, '{}',"
    " '{}', '{}', '班级报告', '{}', CAST(:document AS jsonb), now(), 'sent', now())"
)


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
        copy = await collect(tx, HOLDINGS, Person("teacher/T1"))
        done = await erase(tx, HOLDINGS, Person("teacher/T1"))
        kept = dict((await tx.session.execute(text("SELECT id, document FROM notification"))).all())

    assert copy == {}
    assert [each.rows for each in done if each.table == "notification"] == [0, 1]
    assert [each["name"] for each in kept["mail"]["report"]["files"]] == names[1:]
    assert kept["other"] == letter
