"""The generated clients compile, and speak with the running suite."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Suite
from tests.contracts import clients

PYTHON = """
import asyncio, io, json, sys
from helix8_client import AuthenticatedClient
from helix8_client.api.dictionary import datahub_list_code_sets
from helix8_client.api.ingest import datahub_post_batch
from helix8_client.api.records import datahub_get_record
from helix8_client.api.bindings import target_put_binding
from helix8_client.models import TargetBindingBody
from helix8_client.types import File

async def main():
    async with AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2]) as client:
        listed = await datahub_list_code_sets.asyncio_detailed(client=client, limit=2)
        missing = await datahub_get_record.asyncio_detailed("course", "NONE", client=client)
        rows = File(io.BytesIO(b"a,b\\n1,2\\n"))
        batch = await datahub_post_batch.asyncio_detailed(client=client, body=rows, feed="none")
        body = TargetBindingBody.from_dict({"key": "k", "indicator": "none_of_ours",
            "title": "t", "scope": "school/X", "period": "year:2026", "owner": "T1",
            "tiers": {"qualified": {"op": ">=", "value": "0.9"}}})
        refused = await target_put_binding.asyncio_detailed(client=client, body=body)
    print(json.dumps({
        "listed": len(listed.parsed),
        "missing": [missing.status_code, missing.parsed.type_],
        "refused": refused.parsed.status,
        "batch": batch.parsed.type_,
    }))

asyncio.run(main())
"""

TYPESCRIPT = """
import { connect } from "./client.js";

declare const process: { argv: string[] };

const client = connect(process.argv[2]!, process.argv[3]!);
const listed = await client.GET("/api/datahub/v1/code-sets", { params: { query: { limit: 2 } } });
const missing = await client.GET("/api/datahub/v1/records/{entity}/{key}", {
  params: { path: { entity: "course", key: "NONE" } },
});
const refused = await client.POST("/api/target/v1/bindings", {
  body: {
    key: "k", indicator: "none_of_ours", title: "t", scope: "school/X", period: "year:2026",
    owner: "T1", tiers: { qualified: { op: ">=", value: "0.9" } },
  },
});
console.log(JSON.stringify({
  listed: listed.data?.length,
  missing: [missing.response.status, missing.error?.type],
  refused: refused.error?.status,
}));
"""

SAID = {"listed": 2, "missing": [404, "urn:helix8:problem:record-not-found"], "refused": 422}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clients.write_document(tmp_path_factory.mktemp("clients"))


def test_the_python_client_speaks_with_the_suite(suite: Suite, document: Path) -> None:
    folder = clients.make_python(document, document.parent / "python")
    package = folder / "helix8_client"
    operations = [each for each in (package / "api").rglob("*.py") if each.stem != "__init__"]
    compiled = subprocess.run(
        [sys.executable, "-m", "compileall", "-q", package], capture_output=True, check=False
    )
    (folder / "calls.py").write_text(PYTHON, encoding="utf-8")
    calls = ["python", "calls.py", suite.url, suite.secret("demo-key")]
    # In an environment of its own, as whoever uses it has one.
    with_needed = ["run", "--quiet", "--no-project", "--with", "httpx", "--with", "attrs"]
    said = subprocess.run(
        [clients.UV, *with_needed, "--with", "python-dateutil", *calls],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert compiled.returncode == 0
    assert len(operations) == operations_of(document)
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout) == {**SAID, "batch": "urn:helix8:problem:feed-not-found"}


def operations_of(document: Path) -> int:
    paths = json.loads(document.read_text(encoding="utf-8"))["paths"]
    return sum(len(each) for each in paths.values())


@pytest.mark.needs("npm")
def test_the_typescript_client_compiles_and_speaks_with_the_suite(
    suite: Suite, document: Path
) -> None:
    folder = clients.make_typescript(document, document.parent / "typescript")
    (folder / "calls.ts").write_text(TYPESCRIPT, encoding="utf-8")
    clients.compile_typescript(folder)
    node = shutil.which("node")
    assert node is not None
    said = subprocess.run(
        [node, "dist/calls.js", suite.url, suite.secret("demo-key")],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout) == SAID

    wrong = TYPESCRIPT.replace("limit: 2", 'limit: "two"')
    (folder / "calls.ts").write_text(wrong, encoding="utf-8")
    with pytest.raises(RuntimeError, match="not assignable to type 'number"):
        clients.compile_typescript(folder)
