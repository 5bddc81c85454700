"""The Go structs that the Atlas CLI decoded replies into: what it knew, in which order, and how it printed it.

A struct keeps the members it knows and drops the others. A member with ``*`` is a pointer: it is left out of JSON
when Atlas did not send it, is ``<nil>`` in a template, and true in a condition whatever it points to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs

_PAGE = {"links": "*[]Link", "totalCount": "*int"}

STRUCTS: Mapping[str, Mapping[str, str]] = {
    "Link": {"href": "*string", "rel": "*string"},
    "ApiBSONTimestamp": {"date": "*time", "increment": "*int"},
    "ResourceTag": {"key": "string", "value": "string"},
    "ServerlessBackupSnapshot": {
        "createdAt": "*time",
        "expiresAt": "*time",
        "frequencyType": "*string",
        "id": "*string",
        "links": "*[]Link",
        "mongodVersion": "*string",
        "serverlessInstanceName": "*string",
        "snapshotType": "*string",
        "status": "*string",
        "storageSizeBytes": "*int",
    },
    "ServerlessBackupRestoreJob": {
        "cancelled": "*bool",
        "deliveryType": "string",
        "deliveryUrl": "*[]string",
        "desiredTimestamp": "*ApiBSONTimestamp",
        "expired": "*bool",
        "expiresAt": "*time",
        "failed": "*bool",
        "finishedAt": "*time",
        "id": "*string",
        "links": "*[]Link",
        "oplogInc": "*int",
        "oplogTs": "*int",
        "pointInTimeUTCSeconds": "*int",
        "snapshotId": "*string",
        "targetClusterName": "string",
        "targetGroupId": "string",
        "timestamp": "*time",
    },
    "ServerlessConnectionStringsPrivateEndpointItem": {
        "endpointId": "*string",
        "providerName": "*string",
        "region": "*string",
    },
    "ServerlessConnectionStringsPrivateEndpointList": {
        "endpoints": "*[]ServerlessConnectionStringsPrivateEndpointItem",
        "srvConnectionString": "*string",
        "type": "*string",
    },
    "ServerlessInstanceDescriptionConnectionStrings": {
        "privateEndpoint": "*[]ServerlessConnectionStringsPrivateEndpointList",
        "standardSrv": "*string",
    },
    "ServerlessProviderSettings": {
        "backingProviderName": "string",
        "effectiveDiskSizeGBLimit": "*int",
        "effectiveInstanceSizeName": "*string",
        "effectiveProviderName": "*string",
        "providerName": "*string",
        "regionName": "string",
    },
    "ClusterServerlessBackupOptions": {"serverlessContinuousBackupEnabled": "*bool"},
    "ServerlessInstanceDescription": {
        "connectionStrings": "*ServerlessInstanceDescriptionConnectionStrings",
        "createDate": "*time",
        "groupId": "*string",
        "id": "*string",
        "links": "*[]Link",
        "mongoDBVersion": "*string",
        "name": "*string",
        "providerSettings": "ServerlessProviderSettings",
        "serverlessBackupOptions": "*ClusterServerlessBackupOptions",
        "stateName": "*string",
        "tags": "*[]ResourceTag",
        "terminationProtectionEnabled": "*bool",
    },
    "PaginatedApiAtlasServerlessBackupSnapshot": _PAGE | {"results": "[]ServerlessBackupSnapshot"},
    "PaginatedApiAtlasServerlessBackupRestoreJob": _PAGE | {"results": "[]ServerlessBackupRestoreJob"},
    "PaginatedServerlessInstanceDescription": _PAGE | {"results": "[]ServerlessInstanceDescription"},
}
"""Struct -> member -> type, after atlas-sdk-go v20250312, the last that the CLI had these commands with."""

_ZEROS: Mapping[str, Any] = {"string": "", "int": 0, "bool": False}
_KINDS: Mapping[str, type] = {"string": str, "int": int, "bool": bool}


@attrs.frozen
class Pointer:
    """A pointer that is not nil; nil is None."""

    to: Any


@attrs.frozen
class Time:
    """A ``time.Time``."""

    when: datetime

    def __str__(self) -> str:
        offset = self.when.utcoffset() or timedelta(0)
        zone = f"{self.when:%z}"
        return f"{self.when:%Y-%m-%d %H:%M:%S}{self.fraction} {zone} {zone if offset else 'UTC'}"

    @property
    def fraction(self) -> str:
        """The digits after the second, without trailing zeros, with their point; empty when there are none."""
        return f".{self.when.microsecond:06}".rstrip("0").rstrip(".")

    def rfc3339(self) -> str:
        """Return the time as ``encoding/json`` writes it."""
        zone = self.when.isoformat()[-6:] if self.when.utcoffset() else "Z"
        return f"{self.when:%Y-%m-%dT%H:%M:%S}{self.fraction}{zone}"


@attrs.frozen
class Struct:
    """A struct: its Go type's name, and its members by their JSON names, in the order of the type."""

    kind: str
    members: Mapping[str, Any]

    def names(self) -> dict[str, str]:
        """Return the Go name of each field -> its JSON name."""
        return {name[0].upper() + name[1:]: name for name in self.members}


def read(kind: str, value: Any) -> Any:
    """Decode JSON into a value of a Go type; raises ValueError, as ``encoding/json`` words it, on another type."""
    if kind.startswith("*"):
        return None if value is None else Pointer(read(kind[1:], value))
    if kind.startswith("[]"):
        return None if value is None else [read(kind[2:], one) for one in _of(list, value, kind)]
    if kind in STRUCTS:
        given = {} if value is None else _of(dict, value, kind)
        return Struct(kind, {name: read(inner, given.get(name)) for name, inner in sorted(STRUCTS[kind].items())})
    if kind == "time":
        try:
            return Time(datetime.fromisoformat(_of(str, value, kind)))
        except ValueError:
            raise ValueError(f"json: cannot parse {value!r} as a time") from None
    return _ZEROS[kind] if value is None else _of(_KINDS[kind], value, kind)


def _of(kind: type, value: Any, name: str) -> Any:
    if kind is int and type(value) is float and value.is_integer():
        return int(value)  # Go refused 5.0, which says no less than 5
    if type(value) is not kind:
        raise ValueError(f"json: cannot unmarshal {type(value).__name__} into Go value of type {name}")
    return value


def plain(value: Any) -> Any:
    """Return a value as JSON has it: nil pointers in structs are left out, a nil slice is null."""
    match value:
        case Pointer(to):
            return plain(to)
        case Time():
            return value.rfc3339()
        case Struct(kind, members):
            shown = {name: one for name, one in members.items() if one is not None or STRUCTS[kind][name][0] != "*"}
            return {name: plain(one) for name, one in shown.items()}
        case list():
            return [plain(one) for one in value]
    return value


def marshal(value: Any) -> str:
    """Return plain JSON values as ``json.MarshalIndent`` writes them, two spaces a level, ``<>&`` escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    # These stand in strings only, so that no look at the structure is needed.
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)
