"""Which form may be filled in. Source: design "The spiral" 5."""

from typing import ClassVar

from shared.errors import DomainError, ErrorKind
from spiral_service.domain.definitions.model import Definition, Form, Step


class NotAskedError(DomainError):
    """The step does not ask for that form."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "form-not-asked"
    title_zh: ClassVar = "当前环节不要求这张表单"
    title_en: ClassVar = "The step does not ask for that form"


def find_form(definition: Definition, step: Step, form: str) -> Form:
    """Return the form that a step asks for.

    Raises:
        NotAskedError: it asks for another one, or none.
    """
    if step.form != form:
        asked = step.form or "—"
        raise NotAskedError(
            f"环节“{step.zh}”要求的表单是 {asked}，不是 {form}",
            f"the step {step.en} asks for {asked}, not for {form}",
            fields={"$.form": [f"{asked}"]},
        )
    return definition.forms[form]
