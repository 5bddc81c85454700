"""Read the settings that every door follows from a mapping such as ``os.environ``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import attrs

from shim.errors import SettingsError
from shim.origins import parse_origin

ATLAS_ORIGINS = frozenset({"https://cloud.mongodb.com", "https://cloud.mongodbgov.com"})
"""Atlas's own hosts: calls to them are recognized without a setting."""


class RouteWord(StrEnum):
    """The values of ``ATLAS_SHIM_ROUTE``."""

    AUTO = "auto"
    DATE = "date"
    LEGACY = "legacy"
    SUCCESSOR = "successor"
    FLEX = "flex"
    """The old name of ``successor``."""
    OFF = "off"


FLAG = "openfeature:"
"""The prefix of ``ATLAS_SHIM_ROUTE`` before a feature flag's key.

The door that runs exchanges sets its word.
"""


@attrs.frozen
class Settings:
    """One consistent set of settings."""

    route: RouteWord = RouteWord.AUTO
    sunsets: Mapping[str, datetime] = attrs.field(factory=dict)
    """Sunset dates that replace those of documents, by name."""
    reads: frozenset[str] = frozenset()
    """The enabled switches of reads."""
    writes: frozenset[str] = frozenset()
    """The enabled switches of writes."""
    origins: frozenset[str] = ATLAS_ORIGINS
    """The origins whose calls are recognized."""
    upstream: str = ""
    """The origin that replaces Atlas's own, if set."""
    deadline: float = 60.0
    """The time limit of one exchange, in seconds."""
    page_cap: int = 20
    """The maximum number of upstream pages for one answer."""
    body_limit: int = 16 * 1024 * 1024
    """The maximum size of one decoded body, in bytes."""
    flag: str = ""
    """The feature flag whose word for the caller's project sets the route."""
    because: str = ""
    """The reason that mentions the flag, once its word is known."""

    def leads(self, origin: str) -> bool:
        """Return whether calls to one of Atlas's own origins go to another upstream."""
        return origin in ATLAS_ORIGINS and self.upstream not in {"", *ATLAS_ORIGINS}

    def by_flag(self, word: RouteWord | None) -> Settings:
        """Return settings with the word of the flag.

        ``word`` is None if the flag has none yet.
        """
        if word is None:
            said = "has no value yet"
        else:
            said = f"is {word}"
        because = f"the flag {self.flag} {said}"
        return attrs.evolve(self, route=word or RouteWord.AUTO, because=because)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the variables of ``_VARIABLES``.

    Raises SettingsError that lists every bad value.
    """
    found: dict[str, Any] = {}
    problems: list[str] = []
    for name, attribute, parse in _VARIABLES:
        try:
            if value := environ.get(name):
                found[attribute] = parse(value, name=name)
        except SettingsError as error:
            problems.extend(error.problems)
    if problems:
        raise SettingsError(*problems)
    route, flag = word_and_flag(found.pop("route", RouteWord.AUTO))
    origins = ATLAS_ORIGINS.union(filter(None, [found.get("upstream")]))
    return Settings(route=route, flag=flag, origins=origins, **found)


def word_and_flag(route: str) -> tuple[RouteWord, str]:
    """Return a route for Settings: the word until a flag gives another, and the flag's key if any."""
    if route.startswith(FLAG):
        return (RouteWord.AUTO, route.removeprefix(FLAG))
    return (RouteWord(route), "")


def parse_route(word: str, *, name: str = "ATLAS_SHIM_ROUTE") -> str:
    """Return a RouteWord, or a flag's key after its prefix.

    Raises SettingsError, so that a typo never switches unnoticed.
    """
    text = word.strip()
    key = text.removeprefix(FLAG)
    is_key = key != "" and key.isprintable() and key.strip() == key
    if key != text and is_key:
        return text
    try:
        return RouteWord(text)
    except ValueError:
        words = ", ".join(RouteWord)
        raise SettingsError(
            f"{name}: {word!r} is not one of {words}, {FLAG}KEY"
        ) from None


SWITCHES = ("ATLAS_SHIM_READS", "ATLAS_SHIM_WRITES")
"""The variables that enable successors."""

STRICT = "-strict"
"""The ending of a switch that refuses writes and values which a successor could only ignore."""


def parse_writes(text: str, *, name: str = "ATLAS_SHIM_WRITES") -> frozenset[str]:
    """Return the enabled switches, as in ``instances`` (several with commas), an empty set for ``off``.

    ``instances-strict`` also enables ``instances``, and refuses values that the latter
    would ignore. Raises SettingsError on invalid words; ``Engine.check_settings`` knows
    the documents' words.
    """
    words = frozenset(filter(None, (word.strip() for word in text.split(","))))
    for word in words:
        is_alone = "off" not in words or len(words) == 1
        if not is_alone or not word.replace("-", "_").isidentifier():
            raise SettingsError(
                f"{name}: {text!r} is not 'off', or words with commas between them"
            )
    return (words | {word.removesuffix(STRICT) for word in words}) - {"off"}


def parse_sunsets(text: str, *, name: str = "ATLAS_SHIM_SUNSET") -> dict[str, datetime]:
    """Parse ``document=DATE,document=INSTANT``; a date means 00:00 UTC.

    Raises SettingsError with every defect.
    """
    sunsets: dict[str, datetime] = {}
    problems: list[str] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        document, equals, when = (piece.strip() for piece in part.partition("="))
        if not equals or not document:
            problems.append(f"{name}: {part!r} is not of the form document=2026-01-22")
        elif document in sunsets:
            problems.append(f"{name}: {document} is given twice")
        else:
            try:
                sunsets[document] = parse_instant(when, name=f"{name}: {document}")
            except SettingsError as error:
                problems.extend(error.problems)
    if problems:
        raise SettingsError(*problems)
    return sunsets


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_instant(text: str, *, name: str) -> datetime:
    """Return an aware UTC instant.

    A date means its 00:00 UTC, and an instant needs an offset.
    """
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is not None:
            return when.astimezone(UTC)
    except (ValueError, OverflowError):
        raise SettingsError(
            f"{name}: {text!r} is not a date such as 2026-01-22"
        ) from None
    if _DAY.fullmatch(text) is None:
        raise SettingsError(
            f"{name}: {text!r} needs a UTC offset, as in 2026-01-22T00:00:00Z"
        )
    return when.replace(tzinfo=UTC)


_VARIABLES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("ATLAS_SHIM_ROUTE", "route", parse_route),
    ("ATLAS_SHIM_SUNSET", "sunsets", parse_sunsets),
    ("ATLAS_SHIM_READS", "reads", parse_writes),
    ("ATLAS_SHIM_WRITES", "writes", parse_writes),
    ("ATLAS_SHIM_UPSTREAM", "upstream", parse_origin),
)
"""Each variable, the attribute of Settings that it sets, and its reader.

An empty one counts as unset.
"""
