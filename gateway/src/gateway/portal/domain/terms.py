"""The terms of the domain that screens use, in a sentence each, as one would tell a newcomer.

Source: glossary; the wording is our default.
"""

from typing import Final

TERMS: Final[dict[str, tuple[str, str, str, str]]] = {
    "scope": (
        "诊改对象",
        "scope",
        "数值、目标、预警、报告所说的对象：学校、部门、专业、课程、教师或学生。",
        "What a value, goal, alert or report is about: school, unit, major, course or person.",
    ),
    "indicator": (
        "质控点 / 指标",
        "indicator",
        "一个数怎样算：数什么、除以什么、对谁、在哪个周期。",
        "How a number is made: what is counted, over what, for whom, in which period.",
    ),
    "attainment": (
        "达成度",
        "attainment",
        "已达到目标的几成，0 到 1。",
        "The share of the target that is reached, 0 to 1.",
    ),
    "rates": (
        "标准达标率",
        "share meeting the standard",
        "有标准也有数据的指标里，达到标准的占多少。",
        "Of the indicators with a standard and a value, the share that meet it.",
    ),
    "tier": (
        "底线、合格、良好、标杆",
        "standard tiers",
        "标准的四个等级；只说“标准”时指合格。",
        "The four tiers of a standard; “standard” alone means qualified.",
    ),
    "warning": (
        "目标值、标准值、预警值",
        "target, standard, warning",
        "想达到的、应达到的、该提醒的三条线，各有自己的方向。",
        "What is aimed at, what is owed, and when to warn; each has its own direction.",
    ),
    "chain": (
        "目标链、标准链",
        "goal chain, standard chain",
        "从学校一直分解到学生的目标与标准。",
        "Aims and standards, divided from the school down to the student.",
    ),
    "smart": (
        "SMART",
        "SMART",
        "具体、可测、可达、相关、有期限：缺一项的目标不能发布，除非有人署名豁免。",
        (
            "Specific, measurable, attainable, relevant, timed: a goal that lacks one is published"
            " only with a named waiver."
        ),
    ),
    "residual": (
        "余量",
        "residual",
        "上级目标减去各下级之和，还没有人承担的部分。",
        "The whole minus the sum of its parts: what nobody has taken on yet.",
    ),
    "transfer": (
        "传导率",
        "transfer rate",
        "一个层面的目标，下达后被下级接受的占多少。",
        "The share of a level's goals that were handed on and taken over below.",
    ),
    "system": (
        "五纵系统",
        "vertical systems",
        "决策指挥、质量生成、资源建设、支持服务、监督控制。",
        "Decision, generation, resources, support and supervision.",
    ),
    "level": (
        "五横层面",
        "levels",
        "学校、专业、课程、教师、学生。",
        "School, major, course, teacher, student.",
    ),
    "binding": (
        "绑定",
        "binding",
        "把一个指标用到某个对象的某个周期上，并定下它的各条线。",
        "An indicator put to a scope in a period, with its lines.",
    ),
    "selector": (
        "选择器",
        "selector",
        "一次为选中的许多对象定线，由它生成各个绑定。",
        "One set of lines for many scopes; it makes their bindings.",
    ),
    "sheet": (
        "“一页纸”项目管理表",
        "one-page sheet",
        "目标、任务、时间、责任人、费用在一页上，数据随时更新。",
        "Objectives, tasks, dates, owners and costs on one page, drawn live.",
    ),
    "veto": (
        "一票否决",
        "veto",
        "有一项触及，考核便没有得分。",
        "One value for which it holds leaves no points.",
    ),
    "reviewed": (
        "公示",
        "reviewed",
        "考核结果已公布，正在接受异议。",
        "Results are announced, and objections are taken.",
    ),
    "stage": (
        "静态螺旋（阶段改进）",
        "stage loop",
        "一个周期走一圈：目标、标准、设计、组织、实施、诊断、激励、学习、创新、改进。",
        (
            "Once a period: goal, standard, design, organise, implement, diagnose, incentive,"
            " learn, innovate, improve."
        ),
    ),
    "routine": (
        "动态螺旋（常态纠偏）",
        "routine loop",
        "实施中随时进行：监测、预警、改进，再回到设计、组织或实施。",
        "Inside implementing, at any time: monitor, warn, correct, then back.",
    ),
    "cycle": (
        "诊改周期",
        "cycle",
        "一个对象在一个周期里走完螺旋的一圈。",
        "One run of the spiral for one scope and period.",
    ),
    "gate": (
        "放行条件",
        "gate",
        "离开一步之前必须有的东西；强制放行须由领导写明理由。",
        "What must exist before a step is left; a leader may force it, with a reason.",
    ),
    "correction": (
        "纠偏（整改单）",
        "correction",
        "对一条预警的回应：原因、措施、佐证、复测、核验。",
        "The answer to one alert: cause, measure, evidence, value measured again, verification.",
    ),
    "verification": (
        "核验",
        "verification",
        "由另一人确认措施是否见效；没有见效就重新整改。",
        "Another person finds whether it worked; if not, it is planned anew.",
    ),
    "alert": (
        "预警",
        "alert",
        "一个数越过了线；同一规则、对象、周期只有一条在办。",
        "A number crossed a line; at most one is open for a rule, scope and period.",
    ),
    "severity": (
        "预警等级：蓝、黄、橙、红",
        "severity",
        "蓝：只到预警线；黄：低于标准；橙：远低于标准；红：突破底线。",
        "Blue: the warning line; yellow: below standard; orange: far below; red: floor broken.",
    ),
    "acknowledge": (
        "签收",
        "acknowledgement",
        "责任人表示已知悉并接手；各等级时限为 72、48、24、8 个工作小时。",
        "Its owner has taken it on: within 72, 48, 24 or 8 working hours, from blue to red.",
    ),
    "settle": (
        "销号",
        "settle",
        "数值自行恢复或经纠偏回到线内，预警了结。",
        "The value is back, by itself or by a correction, and the alert is over.",
    ),
    "escalation": (
        "督办",
        "escalation",
        "到时无人签收，便通知上一级责任人。",
        "Nobody acknowledged in time: the next one up is called.",
    ),
    "trial": (
        "试算",
        "trial",
        "把规则放到历史数据上看会预警几次，不通知任何人。",
        "A rule judged on what was heard before, without warning anybody.",
    ),
    "margin": (
        "迟滞、冷却",
        "margin, cool-down",
        "要回到线内多远才算恢复；了结后多久不再预警。",
        "How far back a value must come; how long nothing is raised after.",
    ),
    "silence": (
        "静默",
        "silence",
        "一段时间内不就符合条件的预警通知任何人；预警照常记录。",
        "For a time nobody is told of what matches; alerts are still kept.",
    ),
    "route": (
        "通知策略、路由",
        "notification policy, route",
        "哪些预警、何时、经哪个渠道告诉谁。",
        "Who is told of which alerts, when and how.",
    ),
    "profile": (
        "画像",
        "profile",
        "一个对象自己的历史，放在同类、目标与标准旁边看。",
        "A scope's own history beside its group, its target and its standard.",
    ),
    "report": (
        "自我诊改报告",
        "self-diagnosis report",
        "由同一批数字写成的报告，每个数都能追到来源。",
        "A report written from the same numbers, each traceable to its source.",
    ),
    "batch_report": (
        "批量报告",
        "batch of reports",
        "同一时刻的数据，一次生成许多份报告。",
        "Many reports as one job, all as of one moment.",
    ),
    "round": (
        "评审轮次",
        "review round",
        "委员会对一份文件的一个版本逐条提意见并表决。",
        "A committee comments on a version of a document by clause, and votes.",
    ),
    "package": (
        "复核材料",
        "review package",
        "给复核专家的一包材料：报告、抽样对象的全过程、佐证目录。",
        "For an external reviewer: a report, sampled objects followed, an index of evidence.",
    ),
    "feed": (
        "数据源约定",
        "feed contract",
        "一个业务系统怎样写一类数据，各列归到哪个字段。",
        "How one source writes one kind of record, and where its fields go.",
    ),
    "batch": (
        "批次",
        "batch",
        "一次送达的数据与它的台账：每一行恰有一个去处。",
        "One delivery and its ledger: every row has exactly one fate.",
    ),
    "quarantine": (
        "隔离区",
        "quarantine",
        "暂不能入库的行，连同全部原因；改好后可重放。",
        "Rows that could not be taken in, with every reason; mended, they are replayed.",
    ),
    "trace": (
        "追溯",
        "trace",
        "从一个数回到它的来源行，或向前到预警与报告。",
        "From a number back to its rows, or on to alerts and reports.",
    ),
    "dictionary": (
        "数据字典、代码集",
        "dictionary, code set",
        "按国家标准规定的数据项与代码，各系统的写法都归到这里。",
        "Fields and codes after the national standard; every system is translated to it.",
    ),
    "handed_in": (
        "人工填报",
        "handed-in value",
        "由人填写并附佐证、经另一人审核的数值。",
        "What a person enters with evidence; another person approves it.",
    ),
}
"""Term: its name in Chinese and English, and what it is."""
