"""The Word file itself: the template that is shipped, and packing without a clock.

Fonts are named, never shipped; the layout is after GB/T 9704 (margins, 仿宋 body, 黑体 headings).
"""

import re
from collections.abc import Mapping
from functools import cache, partial
from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Return parts as a zip: the same parts give the same bytes, whenever they are packed."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED, compresslevel=6) as zipped:
        for name, content in parts.items():
            info = ZipInfo(name, _EPOCH)
            info.compress_type = ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            zipped.writestr(info, content)
    return made.getvalue()


@cache
def default_template(*, is_brief: bool = False) -> bytes:
    """Return the Word template that is shipped; a college edits a copy of it.

    Args:
        is_brief: of the leader's briefing, which is one page: smaller print, less paper around it.
    """
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _ROOT,
        "docProps/core.xml": _CORE,
        "word/document.xml": _brief(_DOCUMENT) if is_brief else _DOCUMENT,
        "word/styles.xml": _brief(styles()) if is_brief else styles(),
        "word/numbering.xml": _NUMBERING,
        "word/settings.xml": _SETTINGS,
        "word/footer1.xml": _FOOTER,
        "word/_rels/document.xml.rels": _DOCUMENT_RELATIONS,
    }
    return packed({name: text.encode() for name, text in parts.items()})


def _brief(text: str) -> str:
    """Return a part with smaller print, closer lines and less paper around it."""
    for what, share in _SMALLER:
        text = re.sub(rf'{what}="(\d+)"', partial(_smaller, what, share), text)
    return text


def _smaller(what: str, share: float, found: re.Match[str]) -> str:
    return f'{what}="{round(int(found[1]) * share)}"'


_SMALLER: Final = (
    ("w:sz w:val", 0.76),
    ("w:szCs w:val", 0.76),
    ("w:line", 0.7),
    ("w:before", 0.4),
    ("w:after", 0.4),
    ("w:top", 0.5),
    ("w:bottom", 0.55),
    ("w:left", 0.72),
    ("w:right", 0.72),
    ("w:hanging", 0.72),
    ("w:pos", 0.72),
)


def _fonts(east: str) -> str:
    return f'<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="{east}" w:cs="Times New Roman"/>'


def _style(  # noqa: PLR0913 — what a style is
    id_: str,
    name: str,
    *,
    font: str,
    half_points: int,
    paragraph: str = "",
    run: str = "",
    based: str = "",
    following: str = "",
    quick: bool = True,
) -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{id_}"><w:name w:val="{name}"/>'
        + (f'<w:basedOn w:val="{based}"/>' if based else "")
        + (f'<w:next w:val="{following}"/>' if following else "")
        + ("<w:qFormat/>" if quick else "")
        + f"<w:pPr>{paragraph}</w:pPr>"
        + f'<w:rPr>{_fonts(font)}{run}<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/></w:rPr></w:style>'
    )


_KEEP: Final = "<w:keepNext/><w:keepLines/>"
_STYLES: Final = (
    f'<w:docDefaults><w:rPrDefault><w:rPr>{_fonts("宋体")}<w:kern w:val="2"/><w:sz w:val="24"/>'
    '<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>',
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>',
    '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/></w:style>',
    '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/></w:tblPr></w:style>',
    _style(
        "Title",
        "Title",
        font="宋体",
        half_points=44,
        run="<w:b/>",
        based="Normal",
        paragraph='<w:spacing w:before="240" w:after="160"/><w:jc w:val="center"/>',
    ),
    _style(
        "Subtitle",
        "Subtitle",
        font="仿宋",
        half_points=28,
        based="Normal",
        paragraph='<w:spacing w:after="200"/><w:jc w:val="center"/>',
    ),
    _style(
        "Heading1",
        "heading 1",
        font="黑体",
        half_points=30,
        based="Normal",
        following="H8Body",
        paragraph=f'{_KEEP}<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
        '<w:spacing w:before="300" w:after="140"/><w:outlineLvl w:val="0"/>',
    ),
    _style(
        "Heading2",
        "heading 2",
        font="黑体",
        half_points=26,
        based="Normal",
        following="H8Body",
        paragraph=f'{_KEEP}<w:spacing w:before="200" w:after="100"/><w:outlineLvl w:val="1"/>',
    ),
    _style(
        "H8Body",
        "报告正文",
        font="仿宋",
        half_points=24,
        based="Normal",
        paragraph='<w:spacing w:after="60" w:line="400" w:lineRule="exact"/><w:ind w:firstLineChars="200" w:firstLine="480"/><w:jc w:val="both"/>',
    ),
    _style(
        "H8Term",
        "报告要目",
        font="仿宋",
        half_points=24,
        based="Normal",
        paragraph='<w:tabs><w:tab w:val="left" w:pos="1900"/></w:tabs><w:spacing w:line="380" w:lineRule="exact"/><w:ind w:left="1900" w:hanging="1900"/>',
    ),
    _style(
        "ListBullet",
        "List Bullet",
        font="仿宋",
        half_points=24,
        based="Normal",
        paragraph='<w:numPr><w:ilvl w:val="0"/><w:numId w:val="2"/></w:numPr><w:spacing w:after="40" w:line="400" w:lineRule="exact"/>',
    ),
    _style("H8Cell", "报告表格", font="宋体", half_points=18, based="Normal"),
    _style(
        "H8Head",
        "报告表头",
        font="黑体",
        half_points=18,
        based="Normal",
        paragraph="<w:keepNext/>",
    ),
    _style(
        "Caption",
        "caption",
        font="黑体",
        half_points=20,
        based="Normal",
        paragraph='<w:keepNext/><w:spacing w:before="160" w:after="80"/><w:jc w:val="center"/>',
    ),
    _style(
        "H8Note",
        "报告注释",
        font="宋体",
        half_points=18,
        based="Normal",
        paragraph='<w:spacing w:after="40"/><w:ind w:left="480" w:hanging="480"/>',
    ),
    _style(
        "Footer",
        "footer",
        font="宋体",
        half_points=18,
        based="Normal",
        quick=False,
        paragraph='<w:tabs><w:tab w:val="right" w:pos="8800"/></w:tabs>',
    ),
    '<w:style w:type="character" w:styleId="H8Soft"><w:name w:val="报告说明"/><w:rPr><w:color w:val="5B6573"/><w:sz w:val="16"/></w:rPr></w:style>',
    '<w:style w:type="character" w:styleId="H8Blank"><w:name w:val="待填写"/><w:rPr><w:color w:val="9B2318"/></w:rPr></w:style>',
    '<w:style w:type="character" w:styleId="H8Mark"><w:name w:val="报告注号"/><w:rPr><w:color w:val="1D4ED8"/><w:vertAlign w:val="superscript"/></w:rPr></w:style>',
    '<w:style w:type="table" w:styleId="H8Table"><w:name w:val="报告表"/><w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders>'
    + "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="9AA3AF"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    + '</w:tblBorders><w:tblCellMar><w:top w:w="40" w:type="dxa"/><w:left w:w="70" w:type="dxa"/><w:bottom w:w="40" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>',
)


@cache
def styles() -> str:
    """Return the styles that blocks are written in."""
    return f'{HEAD}<w:styles xmlns:w="{W}">{"".join(_STYLES)}</w:styles>'


def _p(style: str, text: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def _term(label: str, place: str) -> str:
    return (
        f'<w:p><w:pPr><w:pStyle w:val="H8Term"/></w:pPr><w:r><w:t>{label}</w:t></w:r>'
        f"<w:r><w:tab/></w:r><w:r><w:t>{place}</w:t></w:r></w:p>"
    )


_DOCUMENT: Final = (
    f'{HEAD}<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>'
    + _p("Subtitle", "{{层面}}层面")
    + _p("Title", "{{标题}}")
    + _p("Subtitle", "{{对象}} · {{周期}}")
    + _term("报告编号", "{{编号}}")
    + _term("数据截至", "{{数据截至}}")
    + _term("模板", "{{标题}}（第{{模板版本}}版）")
    + _p("H8Body", "{{正文}}")
    + _p("H8Body", "{{附录}}")
    + _p("H8Body", "{{签字}}")
    + _p("H8Note", "内容摘要 SHA-256 {{摘要}}")
    + _p("H8Note", "核验：本校门户 /verify/{{编号}}，无需登录")
    + '<w:sectPr><w:footerReference w:type="default" r:id="rId4"/><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="2098" w:right="1474" w:bottom="1985" w:left="1588" w:header="851" w:footer="992" w:gutter="0"/>'
    "</w:sectPr></w:body></w:document>"
)
_FOOTER: Final = (
    f'{HEAD}<w:ftr xmlns:w="{W}"><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr><w:r><w:t>{{{{编号}}}}</w:t></w:r><w:r><w:tab/><w:t xml:space="preserve">第 </w:t></w:r>'
    '<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple><w:r><w:t xml:space="preserve"> 页，共 </w:t></w:r>'
    '<w:fldSimple w:instr=" NUMPAGES "><w:r><w:t>1</w:t></w:r></w:fldSimple><w:r><w:t xml:space="preserve"> 页</w:t></w:r></w:p></w:ftr>'
)
_NUMBERING: Final = (
    f'{HEAD}<w:numbering xmlns:w="{W}">'
    '<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:pStyle w:val="Heading1"/><w:suff w:val="nothing"/><w:lvlText w:val="%1、"/><w:lvlJc w:val="left"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="1"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:pStyle w:val="ListBullet"/><w:lvlText w:val="·"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="480" w:hanging="240"/></w:pPr></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>'
)
_SETTINGS: Final = (
    f'{HEAD}<w:settings xmlns:w="{W}"><w:defaultTabStop w:val="420"/><w:characterSpacingControl w:val="compressPunctuation"/>'
    '<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat><w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>'
)
_CORE: Final = (
    f'{HEAD}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{{标题}}</dc:title><dc:creator>Helix8</dc:creator></cp:coreProperties>'
)
_CONTENT_TYPES: Final = (
    f'{HEAD}<Types xmlns="{TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_WORD}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{_WORD}.styles+xml"/>'
    f'<Override PartName="/word/numbering.xml" ContentType="{_WORD}.numbering+xml"/>'
    f'<Override PartName="/word/settings.xml" ContentType="{_WORD}.settings+xml"/>'
    f'<Override PartName="/word/footer1.xml" ContentType="{_WORD}.footer+xml"/>'
    '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
)
_ROOT: Final = (
    f'{HEAD}<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{R}/officeDocument" Target="word/document.xml"/>'
    '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>'
)
_DOCUMENT_RELATIONS: Final = (
    f'{HEAD}<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{R}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId2" Type="{R}/numbering" Target="numbering.xml"/><Relationship Id="rId3" Type="{R}/settings" Target="settings.xml"/>'
    f'<Relationship Id="rId4" Type="{R}/footer" Target="footer1.xml"/></Relationships>'
)
