"""Copies of the product's packages with text patches: named points, and mutants."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGES = {
    "shared": ROOT / "shared/src/shared",
    "datahub": ROOT / "datahub/src/datahub",
    "target_service": ROOT / "target-service/src/target_service",
    "spiral_service": ROOT / "spiral-service/src/spiral_service",
    "alert_service": ROOT / "alert-service/src/alert_service",
    "report_service": ROOT / "report-service/src/report_service",
    "gateway": ROOT / "gateway/src/gateway",
}


class PatchError(Exception):
    """A patch does not apply: the code has changed, and the test with it must be looked at."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A piece of text that stands exactly once in a file of a package, and what replaces it."""

    file: str
    old: str
    new: str


def copy_tree(target: Path, patches: Sequence[Patch]) -> Path:
    """Copy the packages to ``target`` and patch them; return ``target``.

    Raises:
        PatchError: a text to be replaced is not there exactly once.
    """
    for name, source in PACKAGES.items():
        # With what Python compiled before: it is taken where file and time are still the same.
        shutil.copytree(source, target / name)
    shutil.copy(Path(__file__).with_name("faultpoint.py"), target)
    shutil.copy(Path(__file__).with_name("tally.py"), target)
    for patch in patches:
        file = target / patch.file
        text = file.read_text(encoding="utf-8")
        if text.count(patch.old) != 1:
            raise PatchError(f"{patch.file} holds {text.count(patch.old)} times:\n{patch.old}")
        file.write_text(text.replace(patch.old, patch.new), encoding="utf-8")
        compile(file.read_text(encoding="utf-8"), str(file), "exec")
    return target
