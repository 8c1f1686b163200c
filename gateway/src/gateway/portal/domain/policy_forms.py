"""Who is told of alerts, as forms hold it: a table of routes, of inhibitions, and a channel.

A route is known by the names on the way to it: ``root/red``. What the table does not ask of a
route — quiet hours, digests — is kept.

Source: contract of the alert service; the forms are our default.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.portal.domain.documents import Document, Given, Part, read

_MATCHER: Final = (
    Part(name="label", word="n-label"),
    Part(name="op", word="n-op"),
    Part(name="value", word="n-value"),
)
_TO: Final = (Part(name="channel", word="n-channel"), Part(name="to", word="n-to"))
ROUTES: Final = Part(
    name="routes",
    word="n-routes",
    kind="rows",
    columns=(
        Part(name="path", word="n-path", needed=True, example="root/red"),
        Part(
            name="matchers",
            word="n-matchers",
            kind="tuples",
            columns=_MATCHER,
            example="severity = red",
        ),
        Part(
            name="receivers",
            word="n-receivers",
            kind="tuples",
            columns=_TO,
            example="inbox owner; inbox role/qa_office",
        ),
        Part(name="group_by", word="n-group_by", kind="words", example="owner"),
        Part(name="wait_seconds", word="n-wait", kind="count"),
        Part(name="interval_seconds", word="n-interval", kind="count"),
        Part(name="repeat_seconds", word="n-repeat", kind="count"),
        Part(name="continue", word="n-continue", kind="yes"),
    ),
)
INHIBITIONS: Final = Part(
    name="inhibitions",
    word="n-inhibitions",
    kind="rows",
    columns=(
        Part(name="name", word="n-name", needed=True),
        Part(name="source", word="n-source", kind="tuples", columns=_MATCHER),
        Part(name="target", word="n-target", kind="tuples", columns=_MATCHER),
        Part(name="equal", word="n-equal", kind="words"),
        Part(name="beneath", word="n-beneath", kind="yes"),
    ),
)
POLICY: Final = (ROUTES, INHIBITIONS, Part(name="note", word="n-note"))

KINDS: Final[dict[str, tuple[Part, ...]]] = {
    "webhook": (
        Part(name="url", word="n-url", needed=True, example="https://hooks.example.edu.cn/alerts"),
        Part(name="secret", word="n-secret"),
        Part(name="bearer", word="n-bearer"),
    ),
    "email": (
        Part(name="host", word="n-host", needed=True, example="smtp.example.edu.cn"),
        Part(name="port", word="n-port", kind="count", example="465"),
        Part(
            name="security", word="n-security", kind="choice", choices=("tls", "starttls", "none")
        ),
        Part(name="user", word="n-user"),
        Part(name="password", word="n-password"),
        Part(name="sender", word="n-sender", needed=True, example="helix8@example.edu.cn"),
        Part(name="to", word="n-to", kind="words"),
        Part(name="person_address", word="n-person_address", example="{key}@example.edu.cn"),
    ),
    "wecom": (Part(name="key", word="n-robot"), Part(name="base", word="n-base")),
    "dingtalk": (
        Part(name="token", word="n-robot"),
        Part(name="secret", word="n-secret"),
        Part(name="base", word="n-base"),
    ),
    "feishu": (
        Part(name="hook", word="n-robot"),
        Part(name="secret", word="n-secret"),
        Part(name="base", word="n-base"),
    ),
}
SECRETS: Final = frozenset({"secret", "bearer", "password", "key", "token", "hook"})
"""Fields that are never shown; what is left empty stays as it was."""


def flat(policy: Document) -> dict[str, Any]:
    """Return a policy with its routes in one table."""
    return {**policy, "routes": list(_routes(policy["root"], ""))}


def _routes(route: Document, above: str) -> Iterator[dict[str, Any]]:
    path = f"{above}/{route['name']}" if above else str(route["name"])
    yield {**{name: each for name, each in route.items() if name != "routes"}, "path": path}
    for each in route.get("routes") or ():
        yield from _routes(each, path)


def policy(given: Given, kept: Document) -> dict[str, Any]:
    """Return the policy that a form says; a route whose parent is missing stands at the top.

    Args:
        kept: the policy that counts.
    """
    said = read(POLICY, given, {"routes": list(_routes(kept["root"], "")), **_inhibited(kept)})
    nodes: dict[str, dict[str, Any]] = {}
    root: dict[str, Any] = {}
    for row in said.pop("routes"):
        path = str(row.pop("path", ""))
        above, _, name = path.rpartition("/")
        node = {**_of_route(row), "name": name}
        nodes[path] = node
        parent = nodes.get(above) if above else None
        if parent is not None:
            parent.setdefault("routes", []).append(node)
        elif not root:
            root = node
        else:
            root.setdefault("routes", []).append(node)
    return {**said, "root": root}


def place_of(path: str, given: Given) -> str:
    """Return the path of a fault in the table of routes: ``$.root.routes[0]`` is its second row."""
    paths = [given.get(f"routes.{row}.path", "") for row in range(_most(given))]
    walk, rest = [paths[0] if paths else ""], path.removeprefix("$.root")
    while rest.startswith(".routes["):
        number, _, rest = rest.removeprefix(".routes[").partition("]")
        below = [each for each in paths if each.rpartition("/")[0] == walk[-1]]
        if not number.isdecimal() or int(number) >= len(below):
            break
        walk.append(below[int(number)])
    row = paths.index(walk[-1]) if walk[-1] in paths else 0
    return f"$.routes[{row}]{rest}"


def channel(kind: str, given: Given) -> dict[str, Any]:
    """Return a channel as a form says it."""
    begin = "settings."
    own = {name.removeprefix(begin): each for name, each in given.items() if name.startswith(begin)}
    settings = {"kind": kind, **read(KINDS.get(kind, ()), own)}
    said: dict[str, Any] = {"name": given.get("name", ""), "settings": settings}
    said["enabled"] = "enabled" in given
    templates = {
        name: given[f"templates.{name}"]
        for name in ("title", "line")
        if f"templates.{name}" in given
    }
    return said | ({"templates": templates} if templates else {})


def labels(given: Given) -> dict[str, str]:
    """Return labels of an alert, ``severity=red`` with blanks between."""
    return dict(each.partition("=")[::2] for each in given.get("labels", "").split())


def _of_route(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in row.items() if each not in (None, [], "")}


def _inhibited(kept: Document) -> dict[str, Any]:
    return {"inhibitions": list(kept.get("inhibitions") or ())}


def _most(given: Given) -> int:
    rows = [name.split(".")[1] for name in given if name.startswith("routes.")]
    return max((int(each) + 1 for each in rows if each.isdecimal()), default=0)
