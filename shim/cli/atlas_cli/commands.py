"""The table of commands: names and aliases, arguments, flags, calls, and output."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from shim.cli.atlas_cli.flags import GLOBAL, Flag


@attrs.frozen
class CliCommand:
    """One command of the Atlas CLI."""

    path: str
    """Its full name."""
    call: str
    """A method of the typed client."""
    place: str
    """The old endpoint's path below ``/serverless``; names in braces are required flags, or the argument."""
    answer: Mapping[str, str] | str
    """How a reply is printed: a table (heading -> member), or a sentence."""
    optional: tuple[Flag, ...]
    """The flags that may be left out."""
    argument: str = attrs.field(default="", kw_only=True)
    """The name of the command's only argument."""
    method: str = attrs.field(default="GET", kw_only=True)
    required: tuple[Flag, ...] = attrs.field(default=(), kw_only=True)
    """The flags that are required beside those in ``place``."""
    asks: str = attrs.field(default="", kw_only=True)
    """A question that the user must first answer with yes."""
    ended: Callable[[Any], bool] | None = attrs.field(default=None, kw_only=True)
    """Returns whether a reply is the last of a watch."""

    @property
    def names(self) -> list[str]:
        """The names in ``place``, in the order in which ``call`` takes their values."""
        return re.findall(r"\{(\w+)\}", self.place)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """All flags: the required ones, the optional ones, and those of every command."""
        own = (Flag(name) for name in self.names if name != self.argument)
        return (*own, *self.required, *self.optional, *GLOBAL)

    @property
    def usage(self) -> str:
        """The command's usage line, as in the CLI's errors."""
        return self.path + (f" <{self.argument}>" if self.argument else "") + " [flags]"


_INSTANCES, _BACKUPS = "serverless_instances", "cloud_backups"
_SNAPSHOTS, _RESTORES = "atlas serverless backups snapshots", "atlas serverless backups restores"
_SNAPSHOTS_PLACE, _JOBS_PLACE = "/{clusterName}/backup/snapshots", "/{clusterName}/backup/restoreJobs"
_PROJECT = (Flag("projectId"),)
_COMMON = (*_PROJECT, Flag("output", short="o"))
_PAGES = (Flag("page", "int", "page_num"), Flag("limit", "int", "items_per_page"), Flag("omitCount", "bool"), *_COMMON)
_TAG = Flag("tag", "stringToString", "tags")
_PROTECTION, _BACKUP = "termination_protection_enabled", "serverless_continuous_backup_enabled"
_CHANGES = (
    Flag("enableTerminationProtection", "bool", _PROTECTION),
    Flag("disableTerminationProtection", "bool", _PROTECTION, negates=True),
    Flag("enableServerlessContinuousBackup", "bool", _BACKUP),
    Flag("disableServerlessContinuousBackup", "bool", _BACKUP, negates=True),
)
_RESTORE = (
    Flag("deliveryType", argument="delivery_type"),
    Flag("snapshotId", argument="snapshot_id"),
    Flag("targetProjectId", argument="target_group_id"),
    Flag("targetClusterName", argument="target_cluster_name"),
    Flag("oplogTs", "int", "oplog_ts"),
    Flag("oplogInc", "int", "oplog_inc"),
    Flag("pointInTimeUTCSeconds", "int", "point_in_time_utc_seconds"),
)
_INSTANCE_TABLE = {"ID": "id", "NAME": "name", "MDB VER": "mongoDBVersion", "STATE": "stateName"}
_EXPIRES = {"EXPIRES AT": "expiresAt"}
_SNAPSHOT_TABLE = {"ID": "id", "TYPE": "snapshotType", "STATUS": "status", "CREATED AT": "createdAt", **_EXPIRES}
_JOB_TABLE = {"ID": "id", "SNAPSHOT": "snapshotId", "CLUSTER": "targetClusterName", "TYPE": "deliveryType", **_EXPIRES}

_INSTANCE = CliCommand(
    "atlas serverless describe", f"{_INSTANCES}.get_serverless_instance", "/{instanceName}", _INSTANCE_TABLE, _COMMON,
    argument="instanceName",
)  # fmt: skip
_SNAPSHOT = CliCommand(
    f"{_SNAPSHOTS} describe", f"{_BACKUPS}.get_serverless_backup_snapshot", f"{_SNAPSHOTS_PLACE}/{{snapshotId}}",
    {"ID": "id", "SNAPSHOT TYPE": "snapshotType", **_EXPIRES}, _COMMON,
)  # fmt: skip
_JOB = CliCommand(
    f"{_RESTORES} describe", f"{_BACKUPS}.get_serverless_restore_job", f"{_JOBS_PLACE}/{{restoreJobId}}",
    {**_JOB_TABLE, "URLs": "deliveryUrl"}, _COMMON,
)  # fmt: skip

COMMANDS = (
    CliCommand("atlas serverless list", f"{_INSTANCES}.list_serverless_instances", "", _INSTANCE_TABLE, _PAGES),
    _INSTANCE,
    attrs.evolve(
        _INSTANCE, path="atlas serverless watch", optional=_PROJECT, answer="\nInstance available.\n",
        ended=lambda instance: instance.state_name == "IDLE",
    ),
    CliCommand(
        "atlas serverless create", f"{_INSTANCES}.create_serverless_instance", "",
        "Serverless instance {name} created.\n", (_TAG, *_COMMON), argument="instanceName", method="POST",
        required=(Flag("provider", argument="backing_provider_name"), Flag("region", argument="region_name")),
    ),
    CliCommand(
        "atlas serverless update", f"{_INSTANCES}.update_serverless_instance", "/{instanceName}",
        "Serverless instance {name} updated.\n", (*_CHANGES, _TAG, *_COMMON), argument="instanceName", method="PATCH",
    ),
    CliCommand(
        "atlas serverless delete", f"{_INSTANCES}.delete_serverless_instance", "/{instanceName}",
        "Serverless instance '{instanceName}' deleted\n", (Flag("force", "bool"), *_PROJECT), argument="instanceName",
        method="DELETE",
        asks="This deletes the instance, all of its data and its backups, and can't be undone. Terminate {}?",
    ),
    CliCommand(
        f"{_SNAPSHOTS} list", f"{_BACKUPS}.list_serverless_backup_snapshots", _SNAPSHOTS_PLACE, _SNAPSHOT_TABLE,
        _PAGES, argument="clusterName",
    ),
    _SNAPSHOT,
    attrs.evolve(
        _SNAPSHOT, path=f"{_SNAPSHOTS} watch", optional=_PROJECT, answer="\nSnapshot changes completed.\n",
        ended=lambda snapshot: snapshot.status in {"completed", "failed"},
    ),
    CliCommand(
        f"{_RESTORES} list", f"{_BACKUPS}.list_serverless_restore_jobs", _JOBS_PLACE, _JOB_TABLE, _PAGES,
        argument="clusterName",
    ),
    _JOB,
    attrs.evolve(
        _JOB, path=f"{_RESTORES} watch", answer="\nRestore completed.\n",
        # A download may get a link but no finishing time, where the CLI waited for ever.
        ended=lambda job: any((job.failed, job.cancelled, job.expired, job.finished_at, job.delivery_url)),
    ),
    CliCommand(
        f"{_RESTORES} create", f"{_BACKUPS}.create_serverless_restore_job", _JOBS_PLACE,
        "Restore job '{id}' successfully started\n", (*_RESTORE, *_COMMON), method="POST",
    ),
)  # fmt: skip

DELIVERY_TYPES = {
    "automated": ("targetProjectId", "snapshotId", "targetClusterName"),
    "pointInTime": ("targetProjectId", "targetClusterName"),
    "download": ("snapshotId",),
}
"""Delivery type of a restore -> the flags that it requires besides those of the path."""

ALIASES = {"sl": "serverless", "ls": "list", "get": "describe", "start": "create", "rm": "delete"}
ALIASES |= {word: f"{word}s" for word in ("backup", "snapshot", "restore")}
"""Other spelling -> the one in ``path``; ``atlas backups restores`` has ``start``."""
