"""Words of embedded pieces, and of the page where sites that embed are registered.

Source: glossary; the wording is our default.
"""

from typing import Final

EMBEDS: Final[dict[str, tuple[str, str]]] = {
    "embeds": ("嵌入", "Embeds"),
    "embeds-lead": (
        "登记可以嵌入本系统部件的网站；复制代码，放进该网站的页面。",
        "Sites that may show pieces of this system; copy the lines into a page of theirs.",
    ),
    "embed-new": ("登记网站", "Register a site"),
    "embed-subject": ("系统（其密钥换取令牌）", "System whose keys mint tokens"),
    "embed-origins": ("来源（空格分隔）", "Origins, by blanks"),
    "embed-resources": ("部件（空格分隔）", "Pieces, by blanks"),
    "embed-max-ttl": ("令牌最长（秒）", "Longest token (s)"),
    "embed-sites": ("已登记的网站", "Registered sites"),
    "embed-none": ("还没有登记网站", "No site is registered"),
    "embed-none-hint": (
        "登记统一信息门户的来源，就能在它的页面里显示总览、预警与待办。",
        "Register the campus portal, and its pages show overview, alerts and tasks.",
    ),
    "embed-end": ("停用", "End"),
    "embed-sure": ("已发出的令牌立即失效。", "Its tokens end at once."),
    "embed-place": ("放进页面", "Into the page"),
    "embed-mint": ("门户后端换取令牌", "The back end asks for a token"),
    "embed-policy": ("页面的内容安全策略须允许", "What the page's policy must allow"),
    "embed-self-test": (
        "self-test 在原处逐项列出：来源是否登记、令牌是否可用、握手是否完成。",
        "self-test lists at its place whether origin, token and handshake are right.",
    ),
    "embed-alone": (
        "此页用于嵌入其他网站，单独打开不显示内容。",
        "This page is for embedding; by itself it shows nothing.",
    ),
    "done-embed-made": ("已登记", "Registered"),
    "done-embed-ended": ("已停用", "Ended"),
    "embed-overview": ("质量保证总览", "Quality assurance overview"),
    "embed-levels": ("五层面", "Five levels"),
    "embed-spiral": ("8 字螺旋", "The figure eight"),
    "embed-alerts": ("预警", "Alerts"),
    "embed-corrections": ("纠偏", "Corrections"),
    "embed-tasks": ("我的待办", "My tasks"),
    "embed-onepage": ("一页纸", "One-page sheet"),
    "embed-attainment": ("目标达成", "Attainment"),
    "embed-profile": ("画像", "Profile"),
}
