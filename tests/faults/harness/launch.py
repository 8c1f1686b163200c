"""Run one service as ``python -m`` does, of a copy of the packages: ``launch.py TREE MODULE``.

TREE: the directory the packages must come from. What runs is as shipped, but for its patches.
"""

import runpy
import sys
from pathlib import Path


def main(tree: str, module: str) -> None:
    """Run ``module`` until it ends."""
    import shared  # noqa: PLC0415 — from the tree that PYTHONPATH names

    if not Path(next(iter(shared.__path__))).is_relative_to(tree):
        sys.exit(f"{shared.__path__} is not of {tree}")
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    # The folder of this script must not shadow anything.
    sys.path.pop(0)
    wanted = sys.argv[1:]
    # Those words are not the service's.
    del sys.argv[1:]
    main(*wanted)
