"""Write a document as HTML: the same document gives the same bytes.

The page needs nothing from outside: its style stands in it, its figures are inline SVG.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from jinja2 import Environment, PackageLoader, Undefined
from markupsafe import Markup


def render_html(document: Mapping[str, Any]) -> str:
    """Return the page of a document in JSON types."""
    template = _environment().get_template("report.html")
    # Our own file, not text from outside: escaping it would break its selectors.
    style = Markup(_style())  # noqa: S704
    return template.render(
        cover=document["cover"],
        sections=document["sections"],
        notes=document["notes"],
        style=style,
    )


def render_page(name: str, **told: Any) -> str:
    """Return a page of its own, from a template that is shipped."""
    return _environment().get_template(name).render(**told)


def style_digest(page: str | None = None) -> str:
    """Return the digest of the style block, as a content security policy names it.

    Args:
        page: that was written, by another version perhaps; None is what would be written now.
    """
    style = _style() if page is None else page.partition("<style>")[2].partition("</style>")[0]
    return b64encode(sha256(style.encode()).digest()).decode()


@cache
def _style() -> str:
    return _environment().get_template("report.css").render()


def _glued(text: str) -> str:
    """Keep an operator and its number on one line."""
    return re.sub(r"([<>≤≥=÷]) ", "\\1\N{NO-BREAK SPACE}", text)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("report_service"),
        autoescape=True,
        # What is empty is left out of a document's JSON.
        undefined=Undefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["glued"] = _glued
    # Built as a tree and escaped by its serialiser.
    environment.filters["drawn"] = Markup
    return environment
