"""The OpenAPI of a service tells how it refuses."""

import importlib
import pkgutil
from typing import Any, ClassVar

from fastapi import FastAPI
from pydantic import BaseModel

from shared import kit
from shared.errors import DomainError, ErrorKind
from shared.kit.app import new_router
from shared.kit.openapi import EVERYWHERE, subclasses, tell_problems
from shared.kit.worker import PoisonError


class Wish(BaseModel):
    """A body."""

    name: str


def document_of(service: str) -> dict[str, Any]:
    app = FastAPI()
    router = new_router()

    @router.post("/wishes")
    async def make_wish(wish: Wish) -> Wish:
        return wish

    app.include_router(router)
    tell_problems(app, service)
    assert app.openapi() is app.openapi(), "it is made once"
    return app.openapi()


def test_every_operation_refuses_in_the_one_shape() -> None:
    document = document_of("wishing")

    assert document["paths"]["/wishes"]["post"]["responses"] == {
        "200": document["paths"]["/wishes"]["post"]["responses"]["200"],
        "default": {
            "description": "拒绝 · refused",
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        },
    }
    assert set(document["components"]["schemas"]) == {"Problem", "Wish"}
    assert document["components"]["schemas"]["Problem"]["required"] == [
        *("type", "title", "status", "detail", "instance"),
        *("correlationId", "validationErrors", "fixes"),
    ]


class StarsAreOutError(DomainError):
    """A refusal of a service of this test."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "stars-are-out"
    title_zh: ClassVar = "没有星星"
    title_en: ClassVar = "No stars"


def test_every_type_of_refusal_is_named_with_its_status(monkeypatch: Any) -> None:
    monkeypatch.setattr(StarsAreOutError, "__module__", "wishing_service.domain.sky")

    problems = {each["type"].split(":")[-1]: each for each in document_of("wishing")["x-problems"]}

    assert problems["stars-are-out"] == {
        "type": "urn:helix8:problem:stars-are-out",
        "status": 409,
        "title_zh": "没有星星",
        "title_en": "No stars",
    }
    assert (problems["invalid"]["status"], problems["method-not-allowed"]["status"]) == (422, 405)
    assert {each.code for each in EVERYWHERE} <= set(problems)
    others = {each["type"].split(":")[-1] for each in document_of("other")["x-problems"]}
    assert set(problems) - others == {"stars-are-out"}


def test_every_refusal_of_the_plumbing_is_told() -> None:
    """Whoever adds one to the kit adds it to `EVERYWHERE`; a poison message has no HTTP answer."""
    for module in pkgutil.iter_modules(kit.__path__, f"{kit.__name__}."):
        importlib.import_module(module.name)

    of_the_kit = {
        each
        for each in subclasses(DomainError)
        if each.__module__.startswith("shared.kit.") and "code" in vars(each)
    }
    assert of_the_kit - {PoisonError} <= set(EVERYWHERE)
