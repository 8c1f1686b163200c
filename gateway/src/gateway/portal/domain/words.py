"""Every word of the portal's own, in Chinese and English. Names come from the services.

Source: glossary; the wording is our default.
"""

from typing import Final, Literal

from gateway.portal.domain.words_of_account import ACCOUNT
from gateway.portal.domain.words_of_alerts import ALERTS
from gateway.portal.domain.words_of_cycles import CYCLES
from gateway.portal.domain.words_of_data import DATA
from gateway.portal.domain.words_of_embeds import EMBEDS
from gateway.portal.domain.words_of_goals import GOALS
from gateway.portal.domain.words_of_guide import GUIDE
from gateway.portal.domain.words_of_handing import HANDING
from gateway.portal.domain.words_of_platform import PLATFORM
from gateway.portal.domain.words_of_registers import REGISTERS
from gateway.portal.domain.words_of_reports import REPORTS
from gateway.portal.domain.words_of_reviews import REVIEWS
from gateway.portal.domain.words_of_screens import SCREENS
from gateway.portal.domain.words_of_telling import TELLING
from shared.contracts.vocabulary import LEVEL_ZH, LINE_ZH, STATE_ZH, Level, LineKind, State

Language = Literal["zh", "en"]

WORDS: Final[dict[str, tuple[str, str]]] = {
    "suite": ("内部质量保证平台", "Internal Quality Assurance"),
    "overview": ("总览", "Overview"),
    "api-docs": ("接口文档", "API"),
    "event-docs": ("事件文档", "Events"),
    "sign-in": ("登录", "Sign in"),
    "sign-out": ("退出", "Sign out"),
    "login": ("账号", "Login"),
    "password": ("密码", "Password"),
    "sign-in-hint": (
        "演示账号与随机密码在启动时打印在终端。",
        "The demo login and its random password are printed at start.",
    ),
    "tagline": (
        "目标链 · 标准链 · “8”字质量改进螺旋",
        "Chains of goals and standards · the figure-eight spiral",
    ),
    "wrong-password": ("账号或密码不正确", "Wrong login or password"),
    "locked": ("尝试次数过多，请在 {} 秒后再试", "Too many attempts, try again in {} s"),
    "other-site": (
        "登录请求来自其他网站，请在本页重试",
        "That came from another site; try again here",
    ),
    "database-away": ("暂时无法登录，请稍后再试", "Signing in is not possible for now"),
    "skip": ("跳到正文", "Skip to content"),
    "other-language": ("English", "中文"),
    "as-of": ("数据截至 {}", "Data as of {}"),
    "as-of-unknown": ("数据时间未知", "Age of data unknown"),
    "five-levels": ("五层面总览", "The five levels"),
    "met-share": ("达标率", "met"),
    "met-share-of": (
        "有标准且有数据的绑定 {}，达到标准 {}；有目标且有数据的 {}，达到目标 {}",
        "{} bindings have a standard and a value, {} meet it; {} have a target, {} reach it",
    ),
    "no-standard": ("未设标准", "No standard set"),
    "judged": ("已判定", "Judged"),
    "met": ("达标", "Met"),
    "open-alerts": ("预警", "Alerts"),
    "no-alerts": ("无预警", "No alerts"),
    "alerts-unknown": ("预警未知", "Alerts unknown"),
    "not-judged": ("尚无判定", "Nothing judged yet"),
    "spiral": ("“8”字质量改进螺旋", "Figure-eight spiral"),
    "other-scope": ("换对象", "Change object"),
    "big-loop": ("阶段改进", "Stage loop"),
    "small-loop": ("常态纠偏", "Routine loop"),
    "corrections-open": ("{} 项纠偏进行中", "Open corrections: {}"),
    "corrections-none": ("无进行中的纠偏", "No open corrections"),
    "step-now": ("进行中", "now"),
    "no-cycles": ("还没有诊改周期", "No cycle has been opened yet"),
    "no-cycles-hint": (
        "在“诊改周期”中开启一个周期后，这里显示它走到哪一步。",
        "Open one under Cycles, and its lit step shows here.",
    ),
    "spiral-said": (
        "{}，{}，当前步骤：{}；{}",
        "{}, {}, current step: {}; {}",
    ),
    "alerts": ("待处理预警", "Open alerts"),
    "live": ("实时", "live"),
    "live-off": ("重新连接中，内容停在 {}", "reconnecting, this is of {}"),
    "all": ("全部", "All"),
    "in-all": ("共 {} 条", "{} in all"),
    "severity": ("级别", "Colour"),
    "worst": ("曾达等级", "Worst"),
    "level": ("层面", "Level"),
    "object-rule": ("对象 / 事项", "Object / matter"),
    "value": ("现值", "Value now"),
    "value-settled": ("销号时的值", "value at settling"),
    "was": ("曾达 {} · {}", "was {} · {}"),
    "owner": ("责任人", "Owner"),
    "raised": ("发生", "Raised"),
    "due": ("签收时限", "Acknowledge by"),
    "settled-at": ("销号", "Settled"),
    "acknowledge": ("签收", "Acknowledge"),
    "acknowledge-of": ("签收：{}", "Acknowledge: {}"),
    "acknowledged": ("{} {}签收", "{} acknowledged {}"),
    "not-acknowledged": ("未签收", "not acknowledged"),
    "acknowledged-now": ("已签收：{}", "Acknowledged: {}"),
    "acknowledged-before": ("此前已签收", "Acknowledged before"),
    "acknowledged-first": (
        "{} 已于 {} 签收，本次没有改变什么。",
        "{} acknowledged it on {}; nothing was changed now.",
    ),
    "acknowledge-failed": ("没有签收", "Not acknowledged"),
    "nobody": ("未指定", "unassigned"),
    "show-all": ("全部 {} 条", "Show all {}"),
    "all-alerts": ("预警", "Alerts"),
    "all-corrections": ("纠偏", "Corrections"),
    "state": ("状态", "State"),
    "state-open": ("进行中", "Open"),
    "state-settled": ("已销号", "Settled"),
    "state-closed": ("已销号", "Closed"),
    "over": ("{}销号", "settled {}"),
    "hold-no-data": ("暂缓：无数据", "held: no data"),
    "hold-thin": ("暂缓：数据覆盖不足", "held: too little data"),
    "hold-stale": ("暂缓：数据陈旧", "held: stale data"),
    "hold-error": ("暂缓：无法计算", "held: cannot be reckoned"),
    "hold-verification": ("已恢复，待核验", "back, to be verified"),
    "how-recovered": ("自行恢复", "recovered"),
    "how-corrected": ("纠偏有效", "corrected"),
    "how-verified": ("复核有效", "verified"),
    "how-line-changed": ("标准已调整", "the line was changed"),
    "how-withdrawn": ("绑定已撤回", "the binding was withdrawn"),
    "how-false-alarm": ("误报", "a false alarm"),
    "how-accepted": ("偏差已接受", "the deviation is accepted"),
    "how-carried": ("转入阶段改进", "carried to the stage loop"),
    "sort": ("排序", "Sort"),
    "sort-gravest": ("最重在前", "Gravest first"),
    "sort-newest": ("最新在前", "Newest first"),
    "sort-due": ("签收时限最早在前", "Earliest to acknowledge"),
    "pages": ("分页", "Pages"),
    "page-of": ("第 {} / {} 页", "Page {} of {}"),
    "previous": ("上一页", "Previous"),
    "next": ("下一页", "Next"),
    "rows-of": ("{}–{}，共 {} 条", "{}–{} of {}"),
    "none-match": ("没有符合条件的记录", "Nothing matches"),
    "none-match-hint": ("放宽条件，或清除全部条件。", "Choose fewer filters, or none."),
    "page-beyond": ("这一页没有记录", "Nothing on this page"),
    "page-beyond-hint": ("列表比这一页短。", "The list is shorter than that."),
    "clear": ("清除条件", "Clear filters"),
    "first-page": ("回到第一页", "Back to the first page"),
    "role-qa_office": ("质量办", "QA office"),
    "service-datahub": ("数据中台", "data hub"),
    "service-target": ("目标服务", "target service"),
    "service-spiral": ("螺旋服务", "spiral service"),
    "service-alert": ("预警服务", "alert service"),
    "service-report": ("报告服务", "report service"),
    "service-gateway": ("网关", "gateway"),
    "no-open-alerts": ("没有待处理的预警", "No open alerts"),
    "no-open-alerts-hint": (
        "数据越过标准或预警线时，这里立刻出现一行。",
        "A row appears here the moment a value crosses its line.",
    ),
    "new-alert": ("新预警：{}", "New alert: {}"),
    "corrections": ("进行中的纠偏", "Corrections in progress"),
    "before-after": ("发生时 → 现值", "Raised at → now"),
    "opened": ("开始", "Opened"),
    "no-corrections": ("没有进行中的纠偏", "No corrections in progress"),
    "no-corrections-hint": (
        "预警发生后，螺旋的常态循环自动开启一项纠偏。",
        "An alert opens a correction in the routine loop by itself.",
    ),
    "flow": ("数据流", "Data flow"),
    "watermark": ("变更水位", "Change watermark"),
    "quarantine": ("隔离待处理", "In quarantine"),
    "batches": ("最近批次", "Newest batches"),
    "received": ("收 {}", "{} in"),
    "created": ("新 {}", "{} new"),
    "updated": ("改 {}", "{} changed"),
    "unchanged": ("同 {}", "{} same"),
    "quarantined": ("隔离 {}", "{} quarantined"),
    "no-batches": ("还没有收到数据", "No data received yet"),
    "no-batches-hint": (
        "业务系统推送或导入文件后，这里显示每个批次的去向。",
        "Once a system pushes or a file is imported, every batch shows here.",
    ),
    "report": ("自诊报告", "Report"),
    "read-report": ("查看 {} 的自诊报告", "Read the self-diagnosis report of {}"),
    "make-report": ("生成 {} 的自诊报告", "Make the self-diagnosis report of {}"),
    "loading": ("正在读取…", "Loading…"),
    "away": ("暂不可用", "Not available now"),
    "away-hint": (
        "{}没有应答，恢复后自动显示。",
        "The {} does not answer; this comes back by itself.",
    ),
    "not-allowed": ("没有查看权限", "You may not see this"),
    "report-failed": ("报告没有生成", "The report was not made"),
    "back": ("返回总览", "Back to the overview"),
    "wish-unknown": ("网址中的条件无法识别", "The address asks for something unknown"),
    "page-missing": ("没有这个页面", "No such page"),
    "page-missing-hint": (
        "{} 不存在：地址可能写错了，或页面已经移走。",
        "There is no {}: the address may be mistyped, or the page has moved.",
    ),
    "return": ("返回", "Back"),
    "docs-title": ("接口文档", "API documentation"),
    "docs-lead": (
        "每个操作都在这里。经网关调用，凭会话或 API 密钥（Authorization: Bearer …）。",
        (
            "Every operation is here. Call through the gateway, with a session or an API key"
            " (Authorization: Bearer …)."
        ),
    ),
    "docs-try": ("试用接口（Swagger UI）", "Try it out (Swagger UI)"),
    "docs-try-lead": (
        "以当前登录身份或密钥直接发送请求；写操作会真的写入。",
        "Requests are sent as whoever is signed in, or with a key; what writes really writes.",
    ),
    "docs-merged": ("合并的 OpenAPI", "Merged OpenAPI"),
    "docs-operations": ("{} 个操作", "{} operations"),
    "docs-errors": (
        "拒绝一律为 RFC 9457 application/problem+json，type 稳定，全部字段错误一次给出。",
        (
            "Every refusal is RFC 9457 application/problem+json with a stable type, and names every"
            " field at fault at once."
        ),
    ),
    "docs-paging": (
        (
            "列表按 limit 与 offset 分页（totalCount=true 给出总数），或按 pageSize 与 pageToken；"
            "两种不混用。"
        ),
        (
            "Lists page by limit and offset (totalCount=true counts them), or by pageSize and"
            " pageToken, never both."
        ),
    ),
    "search": ("搜索", "Search"),
    "search-hint": ("路径、名称、参数…", "path, name, parameter…"),
    "needs-permission": ("需要权限", "Needs the permission"),
    "key-lacks": (
        "——演示密钥（README 的 $KEY）没有它：以管理员账号登录后操作，或另建带此权限的密钥",
        "— $KEY of the README lacks it: sign in as an administrator, or make a key that has it",
    ),
    "parameters": ("参数", "Parameters"),
    "body": ("请求体", "Body"),
    "answers": ("应答", "Answers"),
    "fields-of": ("{} 个字段", "{} fields"),
    "example": ("示例", "Example"),
    "field": ("字段", "Field"),
    "where": ("位置", "In"),
    "type": ("类型", "Type"),
    "meaning": ("说明", "Meaning"),
    "status": ("状态码", "Status"),
    "required": ("必填", "required"),
    "problems": ("拒绝的种类", "Kinds of refusal"),
    "problems-hint": (
        "type 是接口的一部分，不会改变；title 与 detail 随 Accept-Language。",
        "type is part of the interface and never changes; title and detail follow Accept-Language.",
    ),
    "events-title": ("事件文档", "Events"),
    "events-all": ("全部事件", "All events"),
    "events-lead": (
        "服务之间的事实经 NATS JetStream 传送。每条消息是一份 CloudEvents 1.0，data 是下面的内容。",
        (
            "Facts travel between services on NATS JetStream. Each message is a CloudEvents 1.0"
            " document whose data is described below."
        ),
    ),
    "events-rules": (
        (
            "主题最后一段是分区（00–0f，partitionkey 的 crc32 模 16），同一 partitionkey 内有序；"
            "Nats-Msg-Id 等于 id。同一主版本只增加可选字段，不改含义。"
        ),
        (
            "The last token of a subject is the partition (00–0f, crc32 of partitionkey mod 16);"
            " order holds per partitionkey. Nats-Msg-Id equals id. Within a major version fields"
            " are added, and none changes its meaning."
        ),
    ),
    "pushes": ("推送给中台", "What is pushed to the hub"),
    "pushes-lead": (
        (
            "业务系统用自己的用户发布到 qa.ingest.v1.<系统>.<实体>.<操作>，每条消息至多 256 KiB；"
            "接收结论在 qa.verdict.v1.<系统>，无法处理的成为死信。"
            "source 与 id 相同的消息只生效一次。"
        ),
        (
            "A source system publishes as its own user to qa.ingest.v1.<system>.<entity>.<op>, at"
            " most 256 KiB a message; verdicts come on qa.verdict.v1.<system>, and what cannot be"
            " taken becomes a dead letter. The same source and id take effect once."
        ),
    ),
    "envelope": ("信封", "Envelope"),
    "subject": ("主题", "Subject"),
    "stream": ("流", "Stream"),
    "source-academic": ("教务系统", "Academic affairs"),
    "source-hr": ("人事系统", "Personnel"),
    "source-research": ("科研系统", "Research"),
    "source-student_affairs": ("学工系统", "Student affairs"),
    "source-assets": ("国资系统", "Assets"),
    "source-quality": ("质量管理", "Quality"),
    "source-classroom": ("智能云课堂", "Classroom platform"),
    "source-survey": ("调查问卷", "Surveys"),
    "source-oulad": ("OULAD", "OULAD"),
    "source-hub": ("数据中台", "Data hub"),
    "source-helix8": ("本平台", "This suite"),
    "period-day": ("{}", "{}"),
    "period-week": ("{1}第 {0} 周", "week {0} of {1}"),
    "period-month": ("{} 年 {} 月", "month {1} of {0}"),
    "period-term": ("{} 学年第 {} 学期", "term {1} of {0}"),
    "period-ayear": ("{} 学年", "academic year {}"),
    "period-year": ("{} 年", "year {}"),
    "period-plan": ("{} 规划期", "plan {}"),
    "period-span": ("{} 至 {}", "{} to {}"),
    "just-now": ("刚刚", "just now"),
    "minutes-ago": ("{} 分钟前", "{} min ago"),
    "hours-ago": ("{} 小时前", "{} h ago"),
    "days-ago": ("{} 天前", "{} d ago"),
    "minutes-left": ("剩 {} 分钟", "{} min left"),
    "no-due": ("未定", "open"),
    "time-left": ("剩 {}", "{} left"),
    "overdue": ("已逾期 {}", "{} overdue"),
    "hours": ("{} 小时", "{} h"),
    "days": ("{} 天", "{} d"),
    "days-hours": ("{} 天 {} 小时", "{} d {} h"),
    "severity-red": ("红", "Red"),
    "severity-orange": ("橙", "Orange"),
    "severity-yellow": ("黄", "Yellow"),
    "severity-blue": ("蓝", "Blue"),
    "step-goal": ("目标", "Goal"),
    "step-standard": ("标准", "Standard"),
    "step-design": ("设计", "Design"),
    "step-organise": ("组织", "Organise"),
    "step-implement": ("实施", "Implement"),
    "step-monitor": ("监测", "Monitor"),
    "step-warn": ("预警", "Warn"),
    "step-correct": ("改进", "Correct"),
    "step-diagnose": ("诊断", "Diagnose"),
    "step-incentive": ("激励", "Incentive"),
    "step-learn": ("学习", "Learn"),
    "step-innovate": ("创新", "Innovate"),
    "step-improve": ("改进", "Improve"),
}

WORDS.update(HANDING | ACCOUNT | SCREENS | CYCLES | GOALS | DATA | PLATFORM)
WORDS.update(REPORTS | REVIEWS | ALERTS | REGISTERS | TELLING | EMBEDS | GUIDE)

LEVEL_EN: Final = {level: level.value.capitalize() for level in Level}


class Words:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._column = 0 if language == "zh" else 1

    def __call__(self, key: str, *values: object) -> str:
        """Return a word or sentence with its values filled in."""
        return WORDS[key][self._column].format(*values)

    def knows(self, key: str) -> bool:
        """Return whether there is such a word."""
        return key in WORDS

    def named(self, kind: str, key: str) -> str:
        """Return the word for a key of a kind (``is``: a role), or the key where there is none."""
        return self(f"{kind}-{key}") if f"{kind}-{key}" in WORDS else key

    def plain(self, key: str) -> str:
        """Return a word or sentence with the places of its values left in."""
        return WORDS[key][self._column]

    def level(self, level: Level) -> str:
        """Return the name of a level."""
        return LEVEL_ZH[level] if self.language == "zh" else LEVEL_EN[level]

    def line(self, line: LineKind) -> str:
        """Return the name of a line that can be crossed."""
        return LINE_ZH[line] if self.language == "zh" else line.value

    def state(self, state: State | str) -> str:
        """Return the name of a state of attainment."""
        return STATE_ZH[State(state)] if self.language == "zh" else state.replace("_", " ")

    def source(self, source: str) -> str:
        """Return the name of a source system; one of the college's own goes by its id."""
        return self(f"source-{source}") if f"source-{source}" in WORDS else source

    def pick(self, zh: str, en: str | None) -> str:
        """Return the name of something in this language; in Chinese where there is no other."""
        return en if en and self.language == "en" else zh

    def role(self, owner: str) -> str | None:
        """Return the name of a role that answers for something; None for what is no role."""
        kind, _, key = owner.partition("/")
        known = [
            each for each in (f"role-{key}", f"is-{key}") if kind == "role" and self.knows(each)
        ]
        return self(known[0]) if known else None

    def step(self, step: str) -> str:
        """Return the name of a step; a definition of the college may have steps of its own."""
        return self(f"step-{step}") if f"step-{step}" in WORDS else step
