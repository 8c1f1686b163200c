"""The page that lists the catalogue, made of it: ``python datahub/tests/catalogue_page.py``."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from datahub.indicators.repository.shipped import load_catalogue

PAGE: Final = Path(__file__).parents[1] / "CATALOGUE.md"
HEAD: Final = """# 指标目录 · The catalogue of indicators

由 `src/datahub/indicators/catalogue` 生成，怎样定义见 [INDICATORS](INDICATORS.md)。
↑ 越高越好，↓ 越低越好，↔ 区间内为好。
*Made of the files there; [how an indicator is defined](INDICATORS.md).
↑ higher is better, ↓ lower is better, ↔ within a band.*
"""
FAMILIES: Final = {
    "SC": "学校 · School",
    "MJ": "专业 · Major",
    "CR": "课程 · Course",
    "TC": "教师 · Teacher",
    "ST": "学生 · Student",
    "PR": "过程 · Process",
}
COLUMNS: Final = """| 行 | 编号 · id | 名称 · name | 单位 | | 公式 · formula | 依据 · basis |
|---|---|---|---|---|---|---|"""
SIGNS: Final = {"higher": "↑", "lower": "↓", "band": "↔"}


def page() -> str:
    """Return the page as the catalogue has it."""
    return "\n".join([HEAD, *(line for name in FAMILIES for line in _family(name))])


def _family(name: str) -> Iterator[str]:
    yield f"## {FAMILIES[name]}\n\n{COLUMNS}"
    own = [each for each in load_catalogue().values() if each["catalogue"][0].startswith(name)]
    yield from map(_line, own)
    yield ""


def _line(document: Mapping[str, Any]) -> str:
    cells = [
        " ".join(document["catalogue"]),
        f"`{document['indicator']}`",
        f"{document['zh']} · {document['en']}",
        document["unit"],
        SIGNS[document["direction"]],
        f"`{document['formula']}`",
        document["basis"],
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
