"""How events of the gateway are written: text for people, or one JSON object a line."""

from __future__ import annotations

import logging

import orjson

from shim.gateway.logs.calls import instant
from shim.gateway.option_values import LogFormat, LogLevel


def set_up(level: LogLevel, form: LogFormat = LogFormat.TEXT) -> None:
    """Send events to stderr: those of the shim from a level on, those of its libraries from warning on."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Text() if form is LogFormat.TEXT else _Json())
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


class _Json(logging.Formatter):
    """One JSON object a line, an exception's traceback as its last member."""

    def format(self, record: logging.LogRecord) -> str:
        members = {
            "time": instant(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info:
            members["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(members).decode()
