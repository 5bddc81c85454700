"""A provider of flags that reads a file, for a cut-over without a flag service.

[atlas-route]
value = "legacy"                                  # for everybody else
share = { flex = 10 }                             # percent of all projects, always the same ones
projects = { "5f2b9c0d1e3a4b5c6d7e8f90" = "flex" }  # before the share
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ParseError
from openfeature.flag_evaluation import FlagResolutionDetails, Reason
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider
from openfeature.provider.metadata import Metadata


class FileProvider(InMemoryProvider):
    """Answers for text flags of a TOML file, which is read again when it has changed."""

    def __init__(self, path: Path) -> None:
        super().__init__({})
        self._path = path
        self._known: tuple[object, ...] | None = None
        self._held = InMemoryProvider({})

    def get_metadata(self) -> Metadata:
        """Return the provider's name, which OpenFeature's hooks are told."""
        return Metadata(name="atlas-shim file")

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """Return what the file says for a targeting key; raises ParseError when it can't be read."""
        try:
            found = self._path.stat()
            stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
            if stamp != self._known:
                self._held = InMemoryProvider(_flags(tomllib.loads(self._path.read_text("utf-8-sig"))))
                self._known = stamp
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise ParseError(f"{self._path}: {why}") from None
        return self._held.resolve_string_details(flag_key, default_value, evaluation_context)


def file_provider(path: str) -> FileProvider:
    """Return a provider that reads this file."""
    return FileProvider(Path(path))


def _flags(tables: Mapping[str, Any]) -> dict[str, InMemoryFlag[Any]]:
    """Return the flags of a file; raises ValueError, as tomllib does, that names what is no flag."""
    flags = {}
    for key, given in tables.items():
        table = {"value": given} if isinstance(given, str) else given
        if not isinstance(table, dict) or table.keys() - {"value", "share", "projects"} or "value" not in table:
            raise ValueError(f"{key}: a flag has a value, and perhaps a share and projects")
        share, projects = table.get("share", {}), table.get("projects", {})
        if not isinstance(share, dict) or not isinstance(projects, dict):
            raise ValueError(f"{key}: share and projects are tables, as in {{ flex = 10 }}")  # noqa: TRY004 - see above
        if not all(type(part) in {int, float} and part >= 0 for part in share.values()) or sum(share.values()) > 100:
            raise ValueError(f"{key}: a share is a number of percent, and all together are 100 at most")
        flags[key] = InMemoryFlag(
            "value", {"value": table["value"]}, context_evaluator=_Rules(key, table["value"], share, projects)
        )
    return flags


class _Rules:
    """Says one flag's value for a targeting key."""

    def __init__(self, key: str, value: Any, share: Mapping[str, float], projects: Mapping[str, Any]) -> None:
        self._key, self._value, self._share, self._projects = key, value, share, projects

    def __call__(self, _flag: object, context: EvaluationContext) -> FlagResolutionDetails[Any]:
        project = context.targeting_key or ""
        if project in self._projects:
            return FlagResolutionDetails(self._projects[project], reason=Reason.TARGETING_MATCH)
        if project and self._share:
            # As long as a share only grows, a project that is in it stays in it.
            place = int.from_bytes(sha256(f"{self._key} {project}".encode()).digest()[:6], "big") / 2**48 * 100
            for word, percent in self._share.items():
                if place < percent:
                    return FlagResolutionDetails(word, reason=Reason.SPLIT)
                place -= percent
        return FlagResolutionDetails(self._value, reason=Reason.STATIC)
