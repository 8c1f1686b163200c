"""National and municipal documents on which plans of quality assurance rest, with their numbers.

Source: the documents themselves, as the Ministry of Education and the Municipal Education
Commission of Chongqing number them. A college adds its own by the register of basis documents.
"""

import re
from collections.abc import Mapping
from typing import Final

_NOISE: Final = re.compile(r"[\s《》〈〉（）()“”\"]|^教育部办公厅|^教育部|^关于(?:印发)?|的通知$")


def series_of(title: str) -> str:
    """Return what tells a title from others, however its brackets and its issuer are written."""
    return _NOISE.sub("", _NOISE.sub("", title))


_TITLES: Final[Mapping[str, str]] = {
    "关于建立职业院校教学工作诊断与改进制度的通知": "教职成厅〔2015〕2号",
    "关于印发《高等职业院校内部质量保证体系诊断与改进指导方案（试行）》启动相关工作的通知": (
        "教职成司函〔2015〕168号"
    ),
    "关于全面推进职业院校教学工作诊断与改进制度建设的通知": "教职成司函〔2017〕56号",
    "重庆市高等职业院校内部质量保证体系诊断与改进复核工作指引（试行）": "渝高职诊改〔2019〕2号",
}
KNOWN: Final[Mapping[str, str]] = {series_of(title): number for title, number in _TITLES.items()}
"""Title, as `series_of` writes it → number."""
