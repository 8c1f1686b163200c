"""What a step asks for: its JSON Schema, and whether an answer fits it.

A new form is data: a table ``forms.<name>`` in a definition, and ``form = "<name>"`` at its step.
Source: design "The spiral" 5.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, ClassVar, Final

from shared.errors import DomainError, ErrorKind
from spiral_service.domain.definitions.model import FieldType, Form, FormField

LONGEST: Final = 20_000
"""Characters of a text. Source: our default."""

MOST: Final = 1_000
"""Entries of a list. Source: our default."""


class FormError(DomainError):
    """An answer does not fit its form."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "form-invalid"
    title_zh: ClassVar = "表单填写有误"
    title_en: ClassVar = "The form is not filled in as it asks"


def json_schema(form: Form) -> dict[str, Any]:
    """Return the JSON Schema of the answers to a form."""
    return {
        "type": "object",
        "title": form.zh,
        "description": form.en,
        "additionalProperties": False,
        "properties": {each.name: _schema_of(each) for each in form.fields},
        "required": [each.name for each in form.fields if each.required],
    }


def check_answer(form: Form, answer: Mapping[str, Any]) -> None:
    """Refuse an answer that does not fit; every fault is named at once.

    Raises:
        FormError: it does not.
    """
    known = {each.name: each for each in form.fields}
    faults = {f"$.data.{name}": ["没有这一项 (no such field)"] for name in answer.keys() - known}
    for name, asked in known.items():
        reason = _fault_of(asked, answer.get(name))
        if reason:
            faults[f"$.data.{name}"] = [reason]
    if faults:
        raise FormError(
            f"“{form.zh}”有 {len(faults)} 处填写有误",
            f"{form.en}: {len(faults)} fields are not as it asks",
            fields=dict(sorted(faults.items())),
        )


def _fault_of(asked: FormField, value: Any) -> str | None:
    if value is None:
        return f"请填写{asked.zh} (fill in: {asked.en})" if asked.required else None
    if not _FITS[asked.type](value):
        return _WANTED[asked.type]
    chosen = value if isinstance(value, list) else [value]
    if asked.choices and not set(chosen) <= set(asked.choices):
        return f"{'、'.join(asked.choices)} 之一 (one of these)"
    return None


def _is_date(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(value))
    except (ValueError, TypeError):
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= LONGEST


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) <= MOST and all(map(_is_text, value))


_FITS: Final[Mapping[FieldType, Callable[[Any], bool]]] = {
    "text": _is_text,
    "choice": _is_text,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "date": _is_date,
    "list": _is_list,
}
_WANTED: Final[Mapping[FieldType, str]] = {
    "text": f"非空文字，至多 {LONGEST} 字 (a text that says something)",
    "choice": "从选项中选一个 (one of the choices)",
    "number": "一个数 (a number)",
    "boolean": "true 或 false (true or false)",
    "date": "真实日期，如 2026-11-23 (a real date)",
    "list": f"1–{MOST} 条非空文字 (a list of texts)",
}
_SCHEMAS: Final[Mapping[FieldType, dict[str, Any]]] = {
    "text": {"type": "string", "minLength": 1, "maxLength": LONGEST},
    "choice": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "list": {"type": "array", "minItems": 1, "maxItems": MOST},
}


def _schema_of(asked: FormField) -> dict[str, Any]:
    schema = {**_SCHEMAS[asked.type], "title": asked.zh, "description": asked.en}
    choices = {"enum": list(asked.choices)} if asked.choices else {}
    if asked.type == "list":
        return schema | {"items": {"type": "string", "minLength": 1, **choices}}
    return schema | choices
