"""The review package (复核材料) at the command line: fetched, with the rows behind every value.

The report service makes the archive; the hub alone knows the rows, so they are added here.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import httpx

from helix8.calls import RefusedError, open_client
from helix8.progress import say

PACKAGE: Final = "/api/report/v1/review-package"
EXPLANATION: Final = "/api/datahub/v1/measurements/{}/explanation"
SECONDS: Final = 300.0
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAsked:
    """What somebody asks for."""

    scope: str
    period: str | None = None
    as_of: str | None = None
    draw: int = 5
    seed: str = "1"
    checklist: str = "chongqing"
    out: Path | None = None
    """None: a file of its own name, here."""


def attend_review(asked: ReviewAsked, url: str, key: str, write: Callable[[str], None]) -> None:
    """Fetch a review package, add the rows behind its values, and write it to a file.

    Raises:
        RefusedError: the suite refuses it, or does not answer.
    """
    with open_client(url, key) as client:
        name, package = _fetched(client, asked)
        files = _unpacked(package)
        traces = json.loads(files["traces.json"])
        added, missing = 0, 0
        for measurement in dict.fromkeys(each["measurement"] for each in traces):
            if measurement is None:
                continue
            rows = client.get(EXPLANATION.format(quote(measurement, safe="")))
            if rows.is_success:
                file = next(each["rows"] for each in traces if each["measurement"] == measurement)
                files[file] = _json(rows.json())
                added += 1
            else:
                missing += 1
    target = asked.out or Path(name)
    target.write_bytes(_packed(files))
    write(
        say(
            f"{target}：{len(files)} 个文件，{added} 个值附有来源行"
            + (f"，{missing} 个没有" if missing else ""),
            f"{len(files)} files, rows of {added} values",
        )
    )


def _fetched(client: httpx.Client, asked: ReviewAsked) -> tuple[str, bytes]:
    wanted = {
        "scope": asked.scope,
        "period": asked.period,
        "as_of": asked.as_of,
        "draw": asked.draw,
        "seed": asked.seed,
        "checklist": asked.checklist,
    }
    query = urlencode({name: value for name, value in wanted.items() if value is not None})
    try:
        answer = client.get(f"{PACKAGE}?{query}", timeout=SECONDS)
    except httpx.TransportError as error:
        raise RefusedError(say(f"网关没有应答：{error}", "the gateway does not answer")) from error
    if answer.is_error:
        told: dict[str, Any] = answer.json()
        reasons = [f"{at}: {'; '.join(each)}" for at, each in told["validationErrors"].items()]
        raise RefusedError("\n".join([told["detail"], *reasons, *told["fixes"]]))
    name = answer.headers["content-disposition"].partition('filename="')[2].rstrip('"')
    return name, answer.content


def _unpacked(package: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(package)) as zipped:
        return {each: zipped.read(each) for each in zipped.namelist()}


def _packed(files: dict[str, bytes]) -> bytes:
    """Return the archive with its manifest made anew; the same files, the same bytes."""
    manifest = json.loads(files.pop("manifest.json"))
    manifest["files"] = {name: sha256(each).hexdigest() for name, each in sorted(files.items())}
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as zipped:
        for name, content in [*sorted(files.items()), ("manifest.json", _json(manifest))]:
            info = ZipInfo(name, _EPOCH)
            info.compress_type = ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            zipped.writestr(info, content)
    return made.getvalue()


def _json(thing: Any) -> bytes:
    return json.dumps(thing, ensure_ascii=False, indent=1, sort_keys=True).encode()
