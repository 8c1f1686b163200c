"""The words of the page on which people hand values in, in Chinese and English.

Source: glossary; the wording is our default.
"""

from typing import Final

HANDING: Final[dict[str, tuple[str, str]]] = {
    "handed-in": ("指标填报", "Hand in values"),
    "handed-new": ("填报一个值", "Hand in a value"),
    "handed-lead": (
        "没有系统记录的指标由人填报，附佐证，经另一人批准才成为测量值。",
        "What no system records is handed in with evidence; it counts once another approves it.",
    ),
    "handed-sheet": (
        "多个值可按表填报：下载模板，填好后经接口 /handed-in-sheet 上传。",
        "Many values go by sheet: take the template, send it to /handed-in-sheet.",
    ),
    "handed-none": ("没有这样的填报", "Nothing of that kind was handed in"),
    "handed-failed": ("没有完成", "Not done"),
    "handed-send": ("提交待批准", "Send for approval"),
    "handed-indicator": ("指标", "Indicator"),
    "handed-scope": ("诊改对象，如 major/440501", "Object, as major/440501"),
    "handed-period": ("周期，如 year:2025", "Period, as year:2025"),
    "handed-value": ("数值（或填分子与分母）", "Value (or numerator and denominator)"),
    "handed-numerator": ("分子", "Numerator"),
    "handed-denominator": ("分母", "Denominator"),
    "handed-n": ("样本数", "Sample size"),
    "handed-link": ("佐证链接", "Link to the evidence"),
    "handed-file": ("佐证文件（至多 50 MiB）", "File of evidence (at most 50 MiB)"),
    "handed-note": ("说明", "Note"),
    "handed-evidence": ("佐证", "Evidence"),
    "handed-by": ("填报", "Entered"),
    "handed-state": ("状态", "State"),
    "handed-reason": ("原因", "Reason"),
    "handed-counts": ("现为测量值", "shown as measured"),
    "handed-masked": ("少于 5，不示", "fewer than 5: hidden"),
    "handed-all": ("全部", "All"),
    "handed-waiting": ("待批准", "Waiting"),
    "handed-approved": ("已批准", "Approved"),
    "handed-rejected": ("已退回", "Rejected"),
    "handed-withdrawn": ("已撤回", "Withdrawn"),
    "handed-replaced": ("已取代", "Replaced"),
    "handed-entered": ("填报", "Entered"),
    "handed-approval": ("批准", "Approve"),
    "handed-rejection": ("退回", "Reject"),
    "handed-withdrawal": ("撤回", "Withdraw"),
    "handed-of": ("{}：{}", "{}: {}"),
    "handed-sending": ("正在上传…", "Sending…"),
    "handed-sent": ("已上传", "Sent"),
}
