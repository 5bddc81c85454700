"""The gateway's settings file: TOML, its keys the names of the flags."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from shim.errors import SettingsError


def read_config(path: Path | None) -> dict[str, Any]:
    """Read a file of ``public_url = "https://…"`` lines; a key may be spelled with dashes.

    Raises SettingsError when it can't be read or is no TOML.
    """
    if path is None:
        return {}
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise SettingsError(f"{path}: {why}") from None
    return {key.replace("-", "_"): value for key, value in data.items()}
