"""Generated clients of the whole API: ``python -m tests.contracts.clients [DIR]``.

``DIR/openapi.json`` is the merged document of the released APIs. ``DIR/python/helix8_client`` is
made by openapi-python-client, ``DIR/typescript`` by openapi-typescript for openapi-fetch. They are
not kept in the repository: whoever builds against another version makes those of that version.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from gateway.docs.queries import merge
from tests.contracts.released import RELEASED

UV: Final = Path(sys.executable).with_name("uv")
PYTHON_GENERATOR: Final = "openapi-python-client==0.29.1"
PYTHON_CONFIG: Final[dict[str, Any]] = {
    # Files are sent as CSV or YAML; of several types the generator would name the last alone.
    "content_type_overrides": {
        "text/csv": "application/octet-stream",
        "application/yaml": "application/octet-stream",
    }
}
OPEN_FILE: Final = '_kwargs["content"] = body.payload'
PACKAGE: Final[dict[str, Any]] = {
    "name": "helix8-client",
    "private": True,
    "type": "module",
    "dependencies": {"openapi-fetch": "0.17.0"},
    "devDependencies": {"openapi-typescript": "7.13.0", "typescript": "5.9.3"},
}
CLIENT: Final = """\
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

/** A client of the gateway at `url`, which shows an API key or an access token. */
export function connect(url: string, key: string) {
  return createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });
}
"""
COMPILER: Final[dict[str, Any]] = {
    "compilerOptions": {
        "strict": True,
        "target": "es2022",
        "module": "nodenext",
        "skipLibCheck": True,
        "outDir": "dist",
    },
    "include": ["*.ts"],
}


def released() -> dict[str, Any]:
    """Return the merged document of the released APIs; tags are named in English alone."""
    merged = merge(
        {
            path.stem: json.loads(path.read_text(encoding="utf-8"))
            for path in (RELEASED / "http").glob("*.json")
        }
    )
    for methods in merged["paths"].values():
        for operation in methods.values():
            operation["tags"] = [each.partition(" ")[0] for each in operation.get("tags", [])]
    return merged


def write_document(folder: Path) -> Path:
    """Write the document that both are made from; return where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "openapi.json"
    path.write_text(json.dumps(released(), ensure_ascii=False), encoding="utf-8")
    return path


def make_python(document: Path, folder: Path) -> Path:
    """Generate the Python client; return the folder that holds its package."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "config.json"
    config.write_text(json.dumps(PYTHON_CONFIG), encoding="utf-8")
    as_files = folder / "openapi.json"
    as_files.write_text(json.dumps(_with_files(document), ensure_ascii=False), encoding="utf-8")
    generate = ["openapi-python-client", "generate", "--overwrite", "--meta", "none"]
    generate += ["--config", str(config)]
    tool = [UV, "run", "--quiet", "--no-project", "--with", PYTHON_GENERATOR]
    package = folder / "helix8_client"
    where = ["--path", as_files, "--output-path", package]
    _run([*tool, *generate, *where], folder)
    for path in (package / "api").rglob("*.py"):
        # The generator hands an open file on, which httpx sends by its synchronous client alone.
        told = path.read_text(encoding="utf-8")
        path.write_text(told.replace(OPEN_FILE, f"{OPEN_FILE}.read()"), encoding="utf-8")
    return folder


def _with_files(document: Path) -> dict[str, Any]:
    """Return the document with every body that is a file told as one, also one of text."""
    told: dict[str, Any] = json.loads(document.read_text(encoding="utf-8"))
    for methods in told["paths"].values():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {})
            for kind in PYTHON_CONFIG["content_type_overrides"].keys() & content.keys():
                content[kind]["schema"] = {"type": "string", "format": "binary"}
    return told


def make_typescript(document: Path, folder: Path) -> Path:
    """Generate the TypeScript client and what compiles it; return its folder."""
    npm = shutil.which("npm")
    assert npm is not None, "npm is not here"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("package.json", PACKAGE), ("tsconfig.json", COMPILER)):
        (folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")
    (folder / "client.ts").write_text(CLIENT, encoding="utf-8")
    _run([npm, "install", "--no-audit", "--no-fund", "--no-package-lock"], folder)
    generator = folder / "node_modules" / ".bin" / "openapi-typescript"
    said = ["--output", folder / "schema.ts", "--default-non-nullable", "false"]
    _run([generator, document, *said], folder)
    return folder


def compile_typescript(folder: Path) -> None:
    """Compile what lies in the folder to ``dist``; a wrong type is an error."""
    _run([folder / "node_modules" / ".bin" / "tsc", "--project", folder], folder)


def _run(command: list[Any], folder: Path) -> None:
    done = subprocess.run(
        [str(each) for each in command], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {(done.stdout + done.stderr)[-4000:]}")


def main() -> None:
    """Make both; TypeScript where npm is."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "clients").resolve()
    document = write_document(folder)
    print(make_python(document, folder / "python"))  # noqa: T201 — a command
    if shutil.which("npm"):
        compile_typescript(make_typescript(document, folder / "typescript"))
        print(folder / "typescript")  # noqa: T201 — a command
    else:
        print("没有 npm，未生成 TypeScript 客户端 · no npm, no TypeScript client")  # noqa: T201


if __name__ == "__main__":
    main()
