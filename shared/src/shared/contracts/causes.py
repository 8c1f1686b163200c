"""Why a value misses its line, in the words of corrections and diagnoses."""

from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """Why a value misses its line (原因). Source: design "Alerts" 4."""

    TARGET_TOO_HIGH = "target-too-high"
    """目标过高"""

    RESOURCES = "resources"
    """资源不足"""

    EXECUTION = "execution"
    """执行不力"""

    DATA = "data"
    """数据问题"""

    EXTERNAL = "external"
    """外部因素"""


CAUSE_ZH: Final = {
    Cause.TARGET_TOO_HIGH: "目标过高",
    Cause.RESOURCES: "资源不足",
    Cause.EXECUTION: "执行不力",
    Cause.DATA: "数据问题",
    Cause.EXTERNAL: "外部因素",
}
