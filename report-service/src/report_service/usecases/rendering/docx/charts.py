"""Charts of Word's own: a part for each, with the workbook that its numbers are edited in."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from report_service.usecases.rendering.docx.package import HEAD, RELATIONS, TYPES, R, packed

C: Final = "http://schemas.openxmlformats.org/drawingml/2006/chart"
A: Final = "http://schemas.openxmlformats.org/drawingml/2006/main"
_PICTURE: Final = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
_SHEET: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_EMU_WIDTH: Final = 5_400_000
_AXES: Final = '<c:axId val="1"/><c:axId val="2"/>'


def drawing(chart: Mapping[str, Any], number: int, relation: str) -> str:
    """Return the run that shows a chart in its paragraph."""
    height = 1_000_000 + 330_000 * len(chart["categories"]) if chart["kind"] == "bar" else 2_900_000
    said = escape(chart["said"], {'"': "&quot;"})
    return (
        f'<w:r><w:drawing><wp:inline xmlns:wp="{_PICTURE}" distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="{_EMU_WIDTH}" cy="{min(height, 7_000_000)}"/>'
        f'<wp:docPr id="{number}" name="Chart {number}" descr="{said}"/><wp:cNvGraphicFramePr/>'
        f'<a:graphic xmlns:a="{A}"><a:graphicData uri="{C}">'
        f'<c:chart xmlns:c="{C}" xmlns:r="{R}" r:id="{relation}"/>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def name_of(number: int) -> str:
    """Return the name of a chart's part; Word calls those that a template brings ``chart1.xml``."""
    return f"helix8-{number}.xml"


def parts_of(chart: Mapping[str, Any], number: int) -> dict[str, bytes]:
    """Return the parts of a chart by name."""
    name = name_of(number)
    book = f"{name.removesuffix('.xml')}.xlsx"
    relations = (
        f'{HEAD}<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{R}/package"'
        f' Target="../embeddings/{book}"/></Relationships>'
    )
    return {
        f"word/charts/{name}": _chart(chart).encode(),
        f"word/charts/_rels/{name}.rels": relations.encode(),
        f"word/embeddings/{book}": _workbook(chart),
    }


def _chart(chart: Mapping[str, Any]) -> str:
    series = "".join(_series(chart, nth, each) for nth, each in enumerate(chart["series"]))
    labels = '<c:dLbls><c:showLegendKey val="0"/><c:showVal val="{}"/><c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>'
    match chart["kind"]:
        case "bar":
            plot = f'<c:barChart><c:barDir val="bar"/><c:grouping val="clustered"/><c:varyColors val="0"/>{series}{labels.format(1)}<c:gapWidth val="60"/>{_AXES}</c:barChart>'
            axes = _category("l", "maxMin") + _value("b")
        case "line":
            plot = f'<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>{series}{labels.format(0)}<c:marker val="1"/>{_AXES}</c:lineChart>'
            axes = _category("b", "minMax") + _value("l")
        case _:
            plot = f'<c:radarChart><c:radarStyle val="marker"/><c:varyColors val="0"/>{series}{labels.format(0)}{_AXES}</c:radarChart>'
            axes = _category("b", "minMax") + _value("l")
    legend = '<c:legend><c:legendPos val="b"/><c:overlay val="0"/></c:legend>'
    if len(chart["series"]) == 1:
        legend = ""  # its caption names it
    return (
        f'{HEAD}<c:chartSpace xmlns:c="{C}" xmlns:a="{A}" xmlns:r="{R}"><c:roundedCorners val="0"/><c:chart><c:autoTitleDeleted val="1"/>'
        f"<c:plotArea><c:layout/>{plot}{axes}</c:plotArea>"
        f'{legend}<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart>'
        '<c:txPr><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="900"><a:ea typeface="宋体"/></a:defRPr></a:pPr><a:endParaRPr lang="zh-CN"/></a:p></c:txPr>'
        '<c:externalData r:id="rId1"><c:autoUpdate val="0"/></c:externalData></c:chartSpace>'
    )


def _category(place: str, orientation: str) -> str:
    return f'<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="{orientation}"/></c:scaling><c:delete val="0"/><c:axPos val="{place}"/><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/><c:crossAx val="2"/><c:crosses val="autoZero"/></c:catAx>'


def _value(place: str) -> str:
    crosses = "max" if place == "b" else "autoZero"
    return f'<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="{place}"/><c:majorGridlines><c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="DFE4EC"/></a:solidFill></a:ln></c:spPr></c:majorGridlines><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:crossAx val="1"/><c:crosses val="{crosses}"/></c:valAx>'


def _series(chart: Mapping[str, Any], nth: int, series: Mapping[str, Any]) -> str:
    column, last = chr(ord("B") + nth), len(chart["categories"]) + 1
    colour = series["colour"].lstrip("#").upper()
    names = _points([escape(each) for each in chart["categories"]])
    values = _points(series["values"])
    count = f'<c:ptCount val="{len(chart["categories"])}"/>'
    fill = f'<a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>'
    look = fill if chart["kind"] == "bar" else f'<a:ln w="22225">{fill}</a:ln>'
    marker = (
        '<c:marker><c:symbol val="circle"/><c:size val="5"/></c:marker>'
        if chart["kind"] != "bar"
        else '<c:invertIfNegative val="0"/>'
    )
    return (
        f'<c:ser><c:idx val="{nth}"/><c:order val="{nth}"/><c:tx><c:strRef><c:f>Sheet1!${column}$1</c:f>'
        f'<c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>{escape(series["name"])}</c:v></c:pt></c:strCache></c:strRef></c:tx>'
        f"<c:spPr>{look}</c:spPr>{marker}"
        f"<c:cat><c:strRef><c:f>Sheet1!$A$2:$A${last}</c:f><c:strCache>{count}{names}</c:strCache></c:strRef></c:cat>"
        f"<c:val><c:numRef><c:f>Sheet1!${column}$2:${column}${last}</c:f><c:numCache><c:formatCode>General</c:formatCode>{count}{values}</c:numCache></c:numRef></c:val>"
        + ('<c:smooth val="0"/>' if chart["kind"] == "line" else "")
        + "</c:ser>"
    )


def _points(values: Sequence[str | None]) -> str:
    return "".join(
        f'<c:pt idx="{at}"><c:v>{each}</c:v></c:pt>'
        for at, each in enumerate(values)
        if each is not None
    )


def _workbook(chart: Mapping[str, Any]) -> bytes:
    rows = [["", *(each["name"] for each in chart["series"])]]
    rows += [
        [name, *(each["values"][at] for each in chart["series"])]
        for at, name in enumerate(chart["categories"])
    ]
    cells = "".join(
        f'<row r="{y}">' + "".join(_cell(x, y, value) for x, value in enumerate(row)) + "</row>"
        for y, row in enumerate(rows, start=1)
    )
    book = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{book}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{book}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{R}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{R}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{R}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEET}"><sheetData>{cells}</sheetData></worksheet>',
    }
    return packed({name: f"{HEAD}{text}".encode() for name, text in parts.items()})


def _cell(x: int, y: int, value: str | None) -> str:
    place = f"{chr(ord('A') + x)}{y}"
    if value is None:
        return ""
    if x and y > 1:
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
