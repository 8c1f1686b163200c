"""Run the benchmarks: ``python -m bench``; ``ONLY=<prefix>`` runs a part."""

import asyncio
import os

from bench import (
    alerts,
    chains,
    gateway,
    indicators,
    ingest,
    memory,
    read,
    reports,
    snapshot,
    spiral,
    spiral_time,
    stream,
    suite,
)
from bench.results import save, show

BENCHES = {
    "ingest.first_load": ingest.first_load,
    "ingest.snapshot_repeat": snapshot.snapshot_repeat,
    "ingest.small_batch": ingest.small_batch,
    "ingest.nats": stream.records_over_nats,
    "ingest.memory": memory.large_file,
    "indicators": indicators.measured,
    "chains": chains.goals,
    "read": read.pages,
    "alerts.evaluate": alerts.evaluate,
    "alerts.idle": alerts.idle,
    "spiral.moves": spiral.moves,
    "spiral.open_sweep": spiral_time.sweep,
    "spiral.timers": spiral_time.timers,
    "spiral.timers_idle": spiral_time.timers_idle,
    "spiral.work_list": spiral_time.work_list,
    "reports": reports.made,
    "gateway.hop": gateway.hops,
    "gateway.upload": gateway.upload,
    "gateway.sse": gateway.idle_streams,
    "suite": suite.whole,
}

LONG = {"indicators.growth": indicators.growth}
"""Run only when asked for by name."""


def main() -> None:
    """Run what is asked for, print the table, write results.json."""
    only = os.environ.get("ONLY", "")  # noqa: TID251
    asked = {
        name: bench
        for name, bench in BENCHES.items()
        if name.startswith(only) or only.startswith(name)
    }
    for name, bench in ({only: LONG[only]} if only in LONG else asked).items():
        print(f"… {name}", flush=True)
        save(asyncio.run(bench()))  # One after the other: what follows may fail.
    show(save([]))


if __name__ == "__main__":
    main()
