"""How events of the gateway are written: text for people, or one JSON object a line."""

from __future__ import annotations

import logging

import orjson
import structlog
from structlog.typing import EventDict

from shim.gateway.logs.calls import instant
from shim.gateway.option_values import LogFormat, LogLevel


def set_up(level: LogLevel, form: LogFormat = LogFormat.TEXT) -> None:
    """Send events to stderr: those of the shim from a level on, those of its libraries from warning on."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Text() if form is LogFormat.TEXT else _json())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    set_level(level)


def set_level(level: LogLevel) -> None:
    """Log from another level on."""
    logging.getLogger("shim").setLevel(level.upper())


class _Text(logging.Formatter):
    """Lines for people, the time with its offset from UTC."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - logging's
        return instant(record.created)


def _json() -> logging.Formatter:
    def ours(_logger: object, _method: str, event: EventDict) -> EventDict:
        record: logging.LogRecord = event["_record"]
        return {"time": instant(record.created), "level": record.levelname.lower(), "logger": record.name, **event}

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[ours],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event, default=str).decode()),
        ],
    )
