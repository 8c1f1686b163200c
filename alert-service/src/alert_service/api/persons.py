"""What the alert service holds of persons, and what becomes of it when somebody is erased."""

from typing import Final

from shared.contracts.persons import AlertPersonErased
from shared.persons.edge import by_register
from shared.persons.register import Holding, deleted, kept, scope_holding

_ALERTS: Final = "(SELECT CAST(array_agg(id) AS text[]) FROM alert WHERE scope = :scope)"
_TOLD_OF: Final = f"t.alerts && {_ALERTS}"
_TITLE: Final = "title = '（当事人信息已删除） (about somebody whose data was erased)'"
_FILES: Final = "jsonb_array_elements(t.document #> '{report,files}') AS file"
_HIS: Final = "starts_with(file ->> 'name', CAST(:key AS text) || ' ')"
"""The name of a file begins with the number of whom it is about."""

_HEARD: Final = "jsonb_array_elements(convert_from(t.items, 'UTF8')::jsonb)"
_BUT_HIS: Final = (
    "(SELECT coalesce(jsonb_agg(item ORDER BY place), '[]')::text"  # noqa: S608
    f" FROM {_HEARD} WITH ORDINALITY AS heard_item(item, place) WHERE item ->> 0 <> :scope)"
)
"""What was heard together with something of his: each begins with its scope."""

_OTHERS: Final = f"(SELECT coalesce(jsonb_agg(file), '[]') FROM {_FILES} WHERE NOT {_HIS})"  # noqa: S608

HOLDINGS: Final = (
    scope_holding(),
    Holding(
        table="letter",
        zh="他人收件箱中关于此人的信",
        where=_TOLD_OF,
        done="blanked",
        blank=f"{_TITLE}, lines = '{{}}'",
        names_others=True,
    ),
    Holding(
        table="notification",
        zh="发出的关于此人的通知",
        where=_TOLD_OF,
        done="blanked",
        blank=f"{_TITLE}, lines = '{{}}', document = '{{}}'",
        names_others=True,
    ),
    Holding(
        table="notification",
        zh="随通知附上的个人报告文件",
        where=f"t.route = 'reports' AND EXISTS (SELECT FROM {_FILES} WHERE {_HIS})",
        done="blanked",
        blank=f"document = jsonb_set(document, '{{report,files}}', {_OTHERS})",
        names_others=True,
    ),
    deleted("letter_read", "已读标记", "t.person = :person"),
    deleted("letter", "个人收件箱", "t.person = :person"),
    deleted("signal", "规则所用的个人数值"),
    Holding(
        table="heard",
        zh="规则试算所用的个人数值",
        where="position(convert_to('\"' || CAST(:scope AS text) || '\"', 'UTF8') IN t.items) > 0",
        done="blanked",
        blank=f"items = convert_to({_BUT_HIS}, 'UTF8')",
        names_others=True,
    ),
    deleted("rule_cell", "规则对个人的判断"),
    kept("alert", "关于个人的预警"),
    kept("watch", "个人目标值的监测"),
)

router, SUBSCRIPTION = by_register("alert", AlertPersonErased, HOLDINGS)
