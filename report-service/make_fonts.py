# ruff: noqa: INP001 — a program of `make`, no part of the package
"""Make Chinese fonts for PDFs where no Noto CJK is installed: ``make fonts``.

Takes Noto Serif SC (Open Font Licence) from the npm package ``@fontsource/noto-serif-sc``, whose
hundred pieces a weight are joined, since Typst reads whole fonts only. What is made lies in
``src/report_service/fonts``, with its licence, and is never committed.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from fontTools.merge import Merger, Options
from fontTools.ttLib import TTFont

PACKAGE = "@fontsource/noto-serif-sc@5.3.0"
WEIGHTS = (400, 700)
DROPPED = ["GSUB", "GPOS", "GDEF", "vhea", "vmtx", "VORG", "STAT", "BASE", "DSIG", "MVAR"]
"""Tables that pieces cannot be joined with, and that horizontal text does without."""


def main(target: Path) -> None:
    """Make the fonts in a folder."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("需要 npm，或安装 fonts-noto-cjk (npm is needed, or install fonts-noto-cjk)")
        subprocess.run([npm, "pack", PACKAGE, "--silent"], cwd=work, check=True)  # noqa: S603
        [packed] = work.glob("*.tgz")
        with tarfile.open(packed) as archive:
            archive.extractall(work, filter="data")
        for weight in WEIGHTS:
            made = _joined(sorted((work / "package/files").glob(f"*-{weight}-normal.woff2")), work)
            name = "Regular" if weight == 400 else "Bold"
            made.save(target / f"NotoSerifSC-{name}.ttf")
        shutil.copy(work / "package/LICENSE", target / "OFL.txt")


def _joined(pieces: list[Path], work: Path) -> TTFont:
    plain = []
    for piece in pieces:
        font = TTFont(piece)
        font.flavor = None
        for table in DROPPED:
            if table in font:
                del font[table]
        plain.append(work / f"{piece.stem}.ttf")
        font.save(plain[-1])
    return Merger(options=Options(drop_tables=DROPPED)).merge([str(each) for each in plain])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
