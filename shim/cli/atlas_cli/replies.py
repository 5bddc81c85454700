"""What the Atlas CLI knew of Atlas' replies: the members of its SDK's structs, which are those of our models."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from shim.atlas.convert import Model
from shim.cli.atlas_cli.errors import CliError

_UNKNOWN = frozenset({"nextBackupDate", "tenantBackupEnabled"})
"""Members of our models that the structs of the last SDK (atlas-sdk-go v20250312) did not have."""

_REQUIRED: dict[str, Any] = {
    **dict.fromkeys(("backingProviderName", "deliveryType", "key", "regionName", "value"), ""),
    **dict.fromkeys(("targetClusterName", "targetGroupId"), ""),
    "results": None,
}
"""Member that the CLI printed even if Atlas did not send it -> its value then."""


def known(model: Model) -> dict[str, Any]:
    """Return the JSON that the CLI printed of a reply: members that it knew, sorted, and times as Go writes them.

    Raises CliError on a member of another type.
    """
    fields = {field.metadata["name"]: field.name for field in attrs.fields(type(model)) if "name" in field.metadata}
    out = {}
    for name in sorted(fields.keys() - _UNKNOWN):
        raw = model.raw.get(name)
        if raw is not None:
            out[name] = _plain(name, getattr(model, fields[name]), raw)
        elif name in _REQUIRED:
            out[name] = _REQUIRED[name]
    return out


def _plain(name: str, value: object, raw: Any) -> Any:
    """Return a member as JSON: ``value`` is what the model says, ``raw`` what Atlas sent."""
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)  # the CLI knew no number with a fraction
    if value is None:
        raise CliError(f"json: cannot unmarshal {raw!r} into {name}")
    if isinstance(value, Model):
        return known(value)
    if isinstance(value, tuple):
        return [_plain(name, item, item) for item in value]
    if isinstance(value, datetime):
        when = datetime.fromisoformat(raw)
        zone = when.isoformat()[-6:] if when.utcoffset() else "Z"
        return f"{when:%Y-%m-%dT%H:%M:%S}{_fraction(when)}{zone}"
    return raw


def go_time(text: str) -> str:
    """Return a time as the CLI's tables show it, which is how Go prints one."""
    when = datetime.fromisoformat(text)
    zone = f"{when:%z}"
    return f"{when:%Y-%m-%d %H:%M:%S}{_fraction(when)} {zone} {zone if when.utcoffset() else 'UTC'}"


def _fraction(when: datetime) -> str:
    return f".{when.microsecond:06}".rstrip("0").rstrip(".")
