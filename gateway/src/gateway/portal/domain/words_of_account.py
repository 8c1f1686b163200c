"""The words of signing in by the campus login and of one's own page, in Chinese and English.

Source: glossary; the wording is our default.
"""

from typing import Final

ACCOUNT: Final[dict[str, tuple[str, str]]] = {
    "or-account": ("或用本系统账号登录", "or with an account of this system"),
    "code": ("动态口令", "One-time code"),
    "code-needed": (
        "请填写验证器上的六位动态口令或一个备用码，并重填密码",
        "Give the six digits of your authenticator or a recovery code, and the password again",
    ),
    "wrong-code": (
        "动态口令不正确、已过期或已用过",
        "The code is wrong, too old, or was used before",
    ),
    "sign-in-failed": ("没有登录成功", "You are not signed in"),
    "sign-in-again": ("返回登录页", "Back to the login page"),
    "signed-out": ("已退出", "Signed out"),
    "signed-out-on": (
        "本系统的会话已结束，正在同时退出统一身份认证。",
        "Your session here has ended; you are being signed out of the campus login too.",
    ),
    "signed-out-link": ("退出统一身份认证", "Sign out of the campus login"),
    "account": ("我的账号", "My account"),
    "my-roles": ("我的角色", "My roles"),
    "my-roles-lead": (
        "可同时使用全部角色，或只以其中一个行事：能做什么、在哪些对象上，随所选角色而定。",
        "Act in all of your roles, or in one alone: what you may do and where follows from it.",
    ),
    "all-roles": ("全部角色", "All roles"),
    "acting-now": ("当前", "now"),
    "act-in": ("切换", "Switch"),
    "everywhere": ("全校", "everywhere"),
    "until-day": ("至 {}", "until {}"),
    "lent-by": ("由 {} 委托", "lent by {}"),
    "no-roles": ("没有角色", "No roles"),
    "my-sessions": ("登录的设备", "Where you are signed in"),
    "this-session": ("本设备", "this one"),
    "session-seen": ("最近使用 {}", "last used {}"),
    "session-end": ("结束", "End"),
    "sessions-more": ("另有 {} 处较早的登录", "and {} older ones"),
    "sessions-end-all": ("全部退出", "Sign out everywhere"),
    "provider-local": ("本系统账号", "account of this system"),
    "of-account": ("本系统账号", "account"),
    "of-login": ("统一身份认证", "campus login"),
    "of-self": ("本人", "oneself"),
    "of-post": ("岗位", "post"),
    "of-body": ("机构", "body"),
    "of-grant": ("授权", "granted"),
    "of-delegation": ("委托", "lent"),
    "is-admin": ("管理员", "administrator"),
    "is-reader": ("查阅者", "reader"),
    "is-teacher": ("教师", "teacher"),
    "is-student": ("学生", "student"),
    "is-counsellor": ("辅导员", "counsellor"),
    "is-head_teacher": ("班主任", "head teacher"),
    "is-student_affairs": ("学工处", "student affairs"),
    "is-leader": ("学校领导", "leader"),
    "is-quality_office": ("质量办", "quality office"),
    "is-unit_head": ("部门负责人", "head of a unit"),
    "is-major_lead": ("专业负责人", "lead of a major"),
    "is-course_lead": ("课程负责人", "lead of a course"),
    "is-body_member": ("机构成员", "member of a body"),
    "is-auditor": ("审计员", "auditor"),
}
