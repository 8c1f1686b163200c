"""Render the content of a report as HTML: the same content gives the same bytes.

The document needs nothing from outside: its style stands in it, its figures are inline SVG.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from report_service.domain.bars import bar
from report_service.domain.content import Content, StandardLine
from shared.contracts.wording import value_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A rendered report."""

    html: str
    sha256: str
    style_sha256: str
    """Base64 digest of the style block, as a content security policy names it."""


def render(content: Content) -> Document:
    """Return the document of a report."""
    style = _environment().get_template("report.css").render()
    template = _environment().get_template(f"{content.cover.template}.html")
    # Our own file, not text from outside: escaping it would break its selectors.
    html = template.render(report=content, style=Markup(style))  # noqa: S704
    return Document(
        html=html,
        sha256=sha256(html.encode()).hexdigest(),
        style_sha256=b64encode(sha256(style.encode()).digest()).decode(),
    )


def _bar(line: StandardLine) -> Markup:
    label = f"{line.title} {line.current.shown}"
    # Built as a tree and escaped by its serialiser.
    return Markup(bar(line.current.value, line.marks, line.state, label))  # noqa: S704


def _glued(text: str) -> str:
    """Keep an operator and its number on one line."""
    return re.sub(r"([<>≤≥=]) ", "\\1\N{NO-BREAK SPACE}", text)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("report_service"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["bar"] = _bar
    environment.filters["glued"] = _glued
    environment.filters["grouped"] = lambda number: value_words(str(number), "count")
    return environment
