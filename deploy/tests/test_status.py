"""``helix8 status`` says of every process how it gets on, and why not."""

from helix8.probes import lag, reasons
from helix8.status import ProcessStatus, as_table

WELL = {"state": "running", "ok": True}


def line(name: str, health: str, checks: dict[str, dict[str, object]]) -> ProcessStatus:
    return ProcessStatus(
        name=name,
        pid=7,
        port=8812,
        health=health,
        why=reasons(checks),
        restarts=0,
        memory_mib=70.4,
        lag=lag(checks),
        uptime_seconds=3_725,
        checks=checks,
    )


def test_the_table_shows_loops_lag_outbox_and_every_reason() -> None:
    table = as_table(
        [
            line("nats", "ready", {}),
            line(
                "alert",
                "not ready",
                {
                    "loop:relay": WELL,
                    "loop:alert-scopes": {"ok": False, "why": "正在重试 · is tried again"},
                    "outbox": {"ok": False, "why": "等待发出 · waits", "age_seconds": 41.7},
                    "lag:alert-scopes": {"ok": True, "messages": 12},
                    "lag:alert-attainment": {"ok": True, "messages": 30},
                },
            ),
        ]
    )

    heading, nats, alert, total = table.split("\n")
    assert heading.split()[-9:-2] == ["任务", "loops", "积压", "lag", "待发", "outbox", "s"]
    assert nats.split() == ["nats", "7", "8812", "ready", "0", "70", "-", "-", "-", "1:02:05"]
    assert alert.split("  ")[-1] == (
        "loop:alert-scopes: 正在重试 · is tried again; outbox: 等待发出 · waits"
    )
    assert alert.split()[:11] == (
        ["alert", "7", "8812", "not", "ready", "0", "70", "1/2", "42", "42", "1:02:05"]
    )
    assert total == "合计 total: 141 MiB"
