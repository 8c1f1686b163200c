"""Reports of the college: one of the school that is issued, and one that is being written.

So that the report centre is not empty. The loader's key writes and hands in, the demonstration's
account reviews, signs and issues: nobody reviews what he handed in. Where a report of the school is
issued already, all of it is left alone.
"""

from typing import Final

from helix8.demo.access import OwnSuite
from helix8.demo.person import another
from helix8.demo.portal import Portal
from helix8.progress import Progress

REPORTS: Final = "/api/report/v1/reports"
GOAL: Final = "/api/target/v1/goals/school-ratio"
"""A goal of the school: the report is on its period."""

SIGNER: Final = "主管领导"

_CAUSE: Final = "招聘与培养周期长于计划周期，岗位与进度未按月核对，偏差发现较晚"
_MEASURE: Final = "按月核对进度并通报责任部门，未完成的列入下月重点；年底前由质量办逐项复核"
_WRITTEN: Final = {
    "cause": _CAUSE,
    "measure": _MEASURE,
    "note": "按考核办法评定，支撑材料见任务佐证",
    "effect": "尚在实施，待复测后填写",
}
"""By the last part of a place."""

_CONCLUSION: Final = (
    "学校目标链与标准链已经建立，年度任务已分解到部门。未达标的质控点集中在师资与资源保障，"
    "原因和措施见“存在问题与原因”；预警均已有责任人，纠偏按期推进。"
)
_NEXT: Final = "沿用本周期目标链，对未达标的质控点逐项制定改进措施，转入下一周期跟踪验证。"
_OTHERS: Final = {"conclusion": _CONCLUSION, "next": _NEXT}


async def report(portal: Portal, suite: OwnSuite, progress: Progress) -> None:
    """Issue a report of the school, and begin another.

    Raises:
        RefusedError: a step was refused.
    """
    goal = (await portal.get(GOAL)).json()
    scope, period = goal["scope"], goal["period"]
    there = {"scope": scope, "period": period, "state": "issued", "limit": 1}
    if (await portal.get(REPORTS, **there)).json():
        progress.step("报告中心：已有签发的报告", "the report centre has reports")
        return
    wish = {"scope": scope, "period": period}
    made = await portal.send(REPORTS, wish | {"kind": "self_diagnosis"})
    path = f"{REPORTS}/{made['id']}"
    if await _state(portal, path) == "draft":
        await _write(portal, path, whole=True)
        await portal.step(f"{path}/submission")
    async with another(suite) as person:
        if await _state(portal, path) == "submitted":
            await person.say(f"{path}/review", {"approve": True, "reason": "数据与佐证一致，同意"})
        await person.say(f"{path}/signature", {"role": SIGNER})
        await person.say(f"{path}/issue")
    annual = await portal.send(REPORTS, wish | {"kind": "annual_quality"})
    await _write(portal, f"{REPORTS}/{annual['id']}", whole=False)
    progress.step(
        f"报告：{made['title']} {made['number']} 已签发，{annual['title']}在编",
        "reports: one issued, one being written",
    )


async def _state(portal: Portal, path: str) -> str:
    """Return how far a report has come: a load that was cut off goes on where it was."""
    return str((await portal.get(f"{path}/draft")).json()["state"])


async def _write(portal: Portal, path: str, *, whole: bool) -> None:
    """Write into a draft: all that is missing, or the conclusion alone."""
    findings = (await portal.get(f"{path}/findings")).json()
    blank = [each["place"] for each in findings if each["code"] == "blank"]
    texts = {place: _text(place) for place in blank if whole or place == "conclusion"}
    if texts:
        await portal.put(f"{path}/texts", {"texts": texts})


def _text(place: str) -> str:
    return _OTHERS.get(place) or _WRITTEN.get(place.rpartition("/")[2], _CONCLUSION)
