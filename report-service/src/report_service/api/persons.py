"""What the report service holds of persons, and what becomes of it when somebody is erased."""

from typing import Final

from shared.contracts.persons import ReportPersonErased
from shared.persons.edge import by_register
from shared.persons.register import ISSUED, Holding, deleted, kept, scope_holding

_DRAFTS: Final = "(SELECT report FROM work WHERE scope = :scope AND issued_at IS NULL)"
"""What was issued is kept."""

_ORDERED: Final = "(SELECT id FROM ordered WHERE scope = :scope)"

_SENT: Final = (
    "t.type = 'qa.report.report.delivered.v1' AND EXISTS (SELECT FROM jsonb_array_elements("
    "CAST(convert_from(t.payload, 'UTF8') AS jsonb) #> '{data,files}') AS file"
    " WHERE starts_with(file ->> 'name', CAST(:key AS text) || ' '))"
)
"""The name of a file begins with the number of whom it is about."""

_READ: Final = (
    *("alert", "binding", "correction", "cycle", "diagnosis", "goal", "lesson", "measure"),
    *("standing", "task", "ordered"),
)
"""What was read of other services, which keep what they must."""

HOLDINGS: Final = (
    scope_holding(),
    deleted("measurement", "个人指标值"),
    deleted("judgement", "个人达成"),
    deleted("past", "此前的个人数据"),
    deleted("produced", "批量生成的个人报告文件", f"t.ordered IN {_ORDERED}"),
    *(deleted(each, "所读到的个人数据") for each in _READ),
    deleted("text", "报告稿的文字", f"t.report IN {_DRAFTS}"),
    deleted("comment", "报告稿的批注", f"t.report IN {_DRAFTS}"),
    deleted("signature", "报告稿的签名", f"t.report IN {_DRAFTS}"),
    deleted("report", "未签发的个人报告", f"t.id IN {_DRAFTS}"),
    deleted("work", "未签发报告的进度", "t.scope = :scope AND t.issued_at IS NULL"),
    Holding(
        table="fact", zh="随送达附上的报告文件", where=_SENT, done="deleted", names_others=True
    ),
    kept("report", "已签发的个人报告", basis=ISSUED),
)

router, SUBSCRIPTION = by_register("report", ReportPersonErased, HOLDINGS)
