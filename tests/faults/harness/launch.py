"""Run one service as ``python -m`` does: ``launch.py ACK_WAIT TREE MODULE``.

ACK_WAIT: seconds after which JetStream delivers again what a killed consumer had; the shipped
value of a minute is right for a college and too long for a test. Everything else is as shipped.
TREE: ``-``, or the directory the packages must come from.
"""

import runpy
import sys
from pathlib import Path


def main(ack_wait: float, tree: str, module: str) -> None:
    """Run ``module`` until it ends."""
    from shared.kit import worker  # noqa: PLC0415 — from the tree that PYTHONPATH names

    if tree != "-" and not Path(worker.__file__).is_relative_to(tree):
        sys.exit(f"{worker.__file__} is not of {tree}")
    worker.ACK_WAIT_SECONDS = ack_wait  # type: ignore[misc]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    # The folder of this script must not shadow anything.
    sys.path.pop(0)
    main(float(sys.argv[1]), sys.argv[2], sys.argv[3])
