"""What every service promises of writes: versions are compared, and keys are answered once."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.released import SERVICES, openapi

Operation = tuple[str, str, dict[str, Any]]

UNVERSIONED: frozenset[str] = frozenset(
    {
        *("revoke_key", "revoke_source_system_key", "sign_out", "end_session", "end_all_sessions"),
        *("revoke_role", "end_delegation", "disable_account", "reset_second_factor"),
        *("delete_batch", "end_embed_client"),
    }
)
"""Deletions of what has no version: a key, a session, a role and the files of a batch that is over
are there, or are not."""

UNKEYED = frozenset(
    {
        *("guess_feed", "measure_indicator_version", "lint_plan"),
        *("sign_in", "make_account", "make_key", "make_source_system_key", "rotate_key"),
        *("make_embed_client", "give_embed_token", "unmask_fields"),
        *("begin_second_factor", "confirm_second_factor", "remove_second_factor"),
        *("switch_role", "grant_role", "lend_role", "put_body_rules"),
    }
)
"""They change nothing, or hold a password or a secret, of which nothing is kept; or what they say
of a role holds once, however often it is said."""

UNKEYED_OF_THE_GATEWAY = frozenset(
    {"order_erasure", "discard_letter", "replay_letter", "replay_facts"}
)
"""It keeps no answers. Said twice, an erasure finds nothing more, a letter is refused as done, and
consumers ignore what they know better."""


def operations(package: str) -> Iterator[Operation]:
    for path, methods in openapi(package)["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def headers(operation: dict[str, Any]) -> set[str]:
    return {each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"}


@pytest.mark.parametrize("package", SERVICES)
def test_every_put_and_delete_compares_versions(package: str) -> None:
    ignoring = [
        f"{method.upper()} {path}"
        for method, path, operation in operations(package)
        if method in {"put", "patch", "delete"} and operation["operationId"] not in UNVERSIONED
        if not {"if-match", "if-none-match"} <= headers(operation)
    ]

    assert ignoring == []


@pytest.mark.parametrize("package", SERVICES)
def test_every_post_that_changes_something_takes_an_idempotency_key(package: str) -> None:
    unkeyed = UNKEYED | (UNKEYED_OF_THE_GATEWAY if package == "gateway" else frozenset())
    ignoring = [
        f"{method.upper()} {path}"
        for method, path, operation in operations(package)
        if method == "post" and operation["operationId"] not in unkeyed
        if "idempotency-key" not in headers(operation)
    ]

    assert ignoring == []
