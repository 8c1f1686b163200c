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
        *("delete_batch", "end_embed_client", "end_calendar"),
    }
)
"""Deletions of what has no version: a key, a session, a role and the files of a batch that is over
are there, or are not."""

UNKEYED = frozenset(
    {
        *("guess_feed", "measure_indicator_version", "lint_plan"),
        *("sign_in", "make_account", "make_key", "make_source_system_key", "rotate_key"),
        *("give_embed_token", "give_figure_address", "give_calendar"),
        *("unmask_fields", "switch_role"),
        *("begin_second_factor", "confirm_second_factor", "remove_second_factor"),
    }
)
"""They change nothing, or hold a password, a secret or a cookie, of which nothing is kept."""


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
    ignoring = [
        f"{method.upper()} {path}"
        for method, path, operation in operations(package)
        if method == "post" and operation["operationId"] not in UNKEYED
        if "idempotency-key" not in headers(operation)
    ]

    assert ignoring == []
