"""``helix8 indicators`` asks the gateway for what it shall publish, and says what came of it."""

from collections.abc import Callable
from typing import Any

import pytest

from helix8.calls import RefusedError
from helix8.catalogue import Doing, Wanted, attend_catalogue

PUBLISH = "/api/datahub/v1/catalogue/publish"
SHIPPED = {
    "indicator": "counsellor_ratio",
    "catalogue": ["SC02"],
    "document": {"zh": "辅导员生师比", "en": "Students per counsellor"},
    "version": None,
    "origin": None,
    "retired_on": None,
    "shipped_changed": False,
}


@pytest.fixture
def run(gateway: Any) -> Callable[..., list[str]]:
    """Run the command; return what it said."""

    def attend(doing: Doing, *names: str, everything: bool = False) -> list[str]:
        said: list[str] = []
        wanted = Wanted(doing=doing, names=names, everything=everything)
        attend_catalogue(wanted, gateway.url, "h8k_x", said.append)
        return said

    return attend


def test_the_catalogue_is_listed_with_what_is_in_force(
    gateway: Any, run: Callable[..., list[str]]
) -> None:
    own = SHIPPED | {"version": 2, "origin": "college"}
    gateway.answers["/api/datahub/v1/catalogue"] = (200, [SHIPPED, own])
    what = "SC02  counsellor_ratio  辅导员生师比 · Students per counsellor"

    assert run(Doing.LIST) == [f"{what}  未发布 · not published", f"{what}  v2 college"]

    left = own | {"shipped_changed": True}
    retired = own | {"retired_on": "2026-09-01"}
    gateway.answers["/api/datahub/v1/catalogue"] = (200, [left, retired])
    assert run(Doing.LIST) == [
        f"{what}  v2 college  随附定义已变 · the shipped definition has changed",
        f"{what}  v2 college  已停用 · retired",
    ]


def test_rows_families_and_ids_are_told_apart(gateway: Any, run: Callable[..., list[str]]) -> None:
    states = {"counsellor_ratio": "published", "papers": "kept", "patents": "unchanged"}
    gateway.answers[PUBLISH] = (200, states)

    said = run(Doing.PUBLISH, "SC02", "papers", "TC")

    assert gateway.asked == [("POST", PUBLISH, {"rows": ["SC02", "TC"], "indicators": ["papers"]})]
    assert said == [
        "counsellor_ratio  已发布 · published",
        "papers  学校另有定义，保持不变 · the college has its own, which stays",
        "patents  没有变化 · unchanged",
    ]


def test_all_of_it_names_nothing(gateway: Any, run: Callable[..., list[str]]) -> None:
    gateway.answers[PUBLISH] = (200, {})
    run(Doing.PUBLISH, everything=True)

    assert gateway.asked == [("POST", PUBLISH, {})]


@pytest.mark.parametrize(("names", "everything"), [((), False), (("SC",), True)])
def test_nothing_is_published_by_mistake(
    gateway: Any,
    run: Callable[..., list[str]],
    names: tuple[str, ...],
    everything: bool,  # noqa: FBT001 — what is asked
) -> None:
    with pytest.raises(RefusedError, match="--all"):
        run(Doing.PUBLISH, *names, everything=everything)
    assert gateway.asked == []


def test_what_the_hub_refuses_is_said_with_its_remedy(
    gateway: Any, run: Callable[..., list[str]]
) -> None:
    refused = {
        "detail": "指标目录中没有 SC99",
        "validationErrors": {},
        "fixes": ["GET /api/datahub/v1/catalogue"],
    }
    gateway.answers[PUBLISH] = (422, refused)

    with pytest.raises(RefusedError, match="指标目录中没有 SC99\nGET /api"):
        run(Doing.PUBLISH, "SC99")
