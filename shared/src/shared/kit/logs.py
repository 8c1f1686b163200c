"""Structured logs: a constant event name, facts as fields, one line each, no personal data."""

import logging
import sys
from typing import TextIO

import structlog


def configure_logs(service: str, *, as_json: bool = True, to: TextIO | None = None) -> None:
    """Send every log line of the process to standard output, one JSON object a line.

    Args:
        to: another stream, for commands whose output is an answer.
    """
    out = to or sys.stdout
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Without local variables: they would bring personal data and secrets into the logs.
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        )
        if as_json
        else structlog.processors.ExceptionPrettyPrinter(),
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    # Libraries log through the standard module: keep their warnings, in one line each.
    logging.basicConfig(level=logging.WARNING, stream=out, format="%(name)s %(message)s")
