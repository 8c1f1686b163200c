"""Words of the first visit.

Source: design "Screens", roles; the wording is our default.
"""

from typing import Final

GUIDE: Final[dict[str, tuple[str, str]]] = {
    "guide": ("导览", "Guide"),
    "guide-title": ("跟着一个数字走", "Follow one number"),
    "guide-lead": (
        "选一个角色，按顺序打开每一页；右上角随时返回。看过的一步变灰。",
        "Choose a role and open the pages in order. What was seen turns grey.",
    ),
    "guide-roles": ("角色", "Roles"),
    "guide-number": ("今天跟的数字", "The number of today"),
    "guide-no-number": (
        "现在没有待处理的预警，先看各页的全部内容。",
        "No alert is open now; the pages show all that they have.",
    ),
    "guide-not-yours": ("需要相应角色的权限", "needs the rights of that role"),
    "guide-terms": ("词语", "Terms"),
    "guide-samples": ("样例文件", "Sample files"),
    "guide-samples-lead": (
        "下载后在“数据 → 导入”中放入：先试算，看到哪一格有误，再入库或撤销。",
        (
            "Download one and drop it under Data → Import: a dry run shows the faulty cell first;"
            " what was taken in can be undone."
        ),
    ),
    "guide-sample-units": (
        "部门 3 行，人事系统的写法，其中 1 行日期有误",
        "3 units as personnel writes them, one date is wrong",
    ),
    "guide-sample-rooms": (
        "教室 4 行，国资系统的写法，其中 1 行座位数有误",
        "4 rooms as the assets system writes them, one count of seats is wrong",
    ),
    "guide-sample-plan": (
        "规划文本，目标与任务各若干，可在“规划 → 导入”中试读",
        "The text of a plan with its schedule, to be read under Plans → Import",
    ),
    "help-terms": ("本页词语", "Terms"),
    "help-more": ("全部词语", "All terms"),
    "guide-as-steward": ("数据管理员", "data steward"),
    "guide-as-admin": ("运维", "operations"),
    "guide-as-body_member": ("专家委员会", "expert"),
    "guide-ask-leader": ("进度正常吗？哪里红了？谁拖了？", "On plan? Where red? Who is late?"),
    "guide-ask-quality_office": (
        "哪些周期停住了？哪些报告没交？",
        "Which cycles are stuck, which reports are missing?",
    ),
    "guide-ask-unit_head": ("我部门有什么到期未办？", "What of ours is late?"),
    "guide-ask-major_lead": ("我的专业达到标准了吗？", "Does my major meet its standard?"),
    "guide-ask-course_lead": ("这一周课上发生了什么？", "What happened this week?"),
    "guide-ask-teacher": ("我的计划和佐证到哪一步了？", "How far are my plan and my evidence?"),
    "guide-ask-counsellor": ("今天哪些学生需要我？", "Which students need me today?"),
    "guide-ask-student": ("按我的计划，我做得怎么样？", "How am I doing against my plan?"),
    "guide-ask-body_member": ("请我评审什么？", "What am I to review?"),
    "guide-ask-steward": ("哪个来源旧了或脏了？", "Which source is stale or dirty?"),
    "guide-ask-admin": ("系统健康吗？谁接在上面？", "Is it healthy, and who is connected?"),
    "guide-overview": (
        "五个层面各一张卡：达标率与各色预警。找到红色最多的一层。",
        "A card for each level: share meeting the standard, alerts by colour. Find the reddest.",
    ),
    "guide-tasks": (
        "等您办的事，最急的在前；点开就到办理的地方。",
        "What waits for you, the most urgent first; each opens where it is done.",
    ),
    "guide-mine": (
        "接下来三件事、自己的计划、离下一等级还差什么。",
        "The next three things, your plan, and what the next tier takes.",
    ),
    "guide-inbox": (
        "系统告诉过您什么；逐条或全部标为已读。",
        "What you were told; mark one or all as read.",
    ),
    "guide-alert": (
        "这个数字越过了哪条线、什么时候、谁该接手；签收后时钟停止。",
        "Which line it crossed, when, and whose it is; acknowledged, the clock stops.",
    ),
    "guide-trace": (
        "同一个数从来源行、判定、预警、纠偏一直到报告，六步在一页上。",
        "The same number from its rows by judgement, alert and correction to the report.",
    ),
    "guide-rows": (
        "分子分母各是多少，来自哪个系统的哪个批次；点“明细”看到每一行。",
        "Numerator and denominator, from which system and batch; the rows are one click away.",
    ),
    "guide-correction": (
        "预警自动开出的纠偏：原因、措施、佐证，改后再测，由另一人核验。",
        "The correction it opened: cause, measure, evidence; measured again, verified by another.",
    ),
    "guide-cycles": (
        "每一列是“8”字的一步，逾期的在最上面；点开看放行还缺什么。",
        "A column for each step, overdue on top; open one and see what its gate lacks.",
    ),
    "guide-chain": (
        "目标从学校一级级分下来；点三角展开，看谁还没有接。",
        "Goals divided from the school down; unfold them and see who has not taken over.",
    ),
    "guide-plans": (
        "计划写了什么、审批到哪一步、和上一版差在哪里。",
        "What a plan says, how far its approval is, what changed since the last version.",
    ),
    "guide-sheet": (
        "一页看完目标、任务、进度与费用，可打印、可导出表格。",
        "Aims, tasks, progress and costs on one page, to print or take as a workbook.",
    ),
    "guide-profile": (
        "和标准、和同类中位数比，强弱一眼可见；每个数都能点回来源。",
        "Beside its standard and the median of its kind; every number leads to its rows.",
    ),
    "guide-rules": (
        "是哪条规则报的警、报得准不准；改之前先在历史上试算。",
        "Which rule warned and how often it was right; try a change on history first.",
    ),
    "guide-reports": (
        "报告里的数与预警里的数是同一个；检查、签字、发布都在这里。",
        "The report says the same number; checks, signature and issue are here.",
    ),
    "guide-handed-in": (
        "系统里没有的数，在这里填报并附佐证；由另一人审核。",
        "Numbers that no system has are handed in here, with evidence; another person approves.",
    ),
    "guide-reviews": (
        "两版并排，逐条写意见，再表决。",
        "Two versions side by side: comment by clause, then vote.",
    ),
    "guide-data": (
        "每个来源多久没来数据、多少行不合格，最旧的在前。",
        "How old each source is and how many rows failed, the stalest first.",
    ),
    "guide-quarantine": (
        "被隔离的行按原因归组；改一行、重放，它就入库。",
        "Rows put aside, by cause; mend one, replay it, and it is in.",
    ),
    "guide-import": (
        "放入样例文件：自动猜列，试算指出错格，入库后可撤销。",
        "Drop a sample: columns are guessed, a dry run names the cells, and all can be undone.",
    ),
    "guide-operations": (
        "服务、积压、队列与死信；不健康的会说原因。",
        "Services, lag, queues, dead letters; what is not well says why.",
    ),
    "guide-developers": (
        "建一把密钥（只显示一次），看它的用量与限额。",
        "Make a key (shown once); see its use and its limits.",
    ),
    "guide-embeds": (
        "登记校园门户，复制代码段，原地自检。",
        "Register the campus portal, copy the snippet, self-test in place.",
    ),
    "guide-docs": (
        "每个接口都有能直接运行的示例。",
        "Every operation has an example that runs.",
    ),
    "plan-import": ("导入规划", "Import a plan"),
    "plan-import-lead": (
        "放入规划的文本、YAML 或填好的模板：先读取并检查，看清会生成什么，再导入。",
        "Drop a plan as text, YAML or the filled template: it is read and checked first.",
    ),
    "plan-drop": (
        "把规划文件拖到这里，或点击选择（.txt .yaml .xlsx，至多 4 MiB）",
        "Drop the file of a plan here, or choose one (.txt .yaml .xlsx, at most 4 MiB)",
    ),
    "plan-template": ("下载填写模板", "Download the template"),
    "plan-scope": ("属于哪所学校", "Which school it is of"),
    "plan-try": ("读取并检查", "Read and check"),
    "plan-take": ("导入", "Import"),
    "plan-reading": ("正在读取…", "Reading…"),
    "plan-taking": ("正在导入…", "Importing…"),
    "plan-kind": (
        "请选择 .txt、.yaml 或 .xlsx；Word 文件请先另存为纯文本",
        "Choose .txt, .yaml or .xlsx; save a Word file as plain text first",
    ),
    "plan-away": ("目标服务没有应答，请稍后再试", "The target service does not answer; try later"),
    "plan-findings": ("检查发现", "What a careful reader finds"),
    "plan-rows": ("读到的进程表", "The schedule as it was read"),
    "plan-task": ("工作任务", "Task"),
    "plan-time": ("时间", "Time"),
    "plan-line": ("第 {} 行", "line {}"),
    "plan-to": ("至", "to"),
    "plan-clean": ("没有发现冲突或疏漏", "Nothing is found to be wrong"),
    "plan-ongoing": ("持续", "ongoing"),
    "plan-severity-conflict": ("冲突", "conflict"),
    "plan-severity-warning": ("提醒", "warning"),
    "plan-severity-slip": ("笔误", "slip"),
    "plan-of-plan": ("规划", "Plans"),
    "plan-of-goal": ("目标", "Goals"),
    "plan-of-task": ("任务", "Tasks"),
    "plan-of-body": ("机构", "Bodies"),
    "plan-of-basis": ("依据文件", "Basis documents"),
    "plan-of-cycle": ("建议的周期", "Proposed cycles"),
    "done-plan-brought-in": ("规划已导入", "The plan was imported"),
}
