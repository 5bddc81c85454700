"""The table of commands: names and aliases, arguments, flags, calls, and output."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from shim.cli.atlas_cli.flags import GLOBAL, Flag


@attrs.frozen(kw_only=True)
class Command:
    """One command: ``path`` is its full name, ``argument`` the name of its only argument.

    ``call`` is a method of the typed client, ``place`` the path of the old endpoint below ``/serverless``; the names in
    its braces are the command's argument and required flags. ``required`` and ``optional`` are its other flags.
    ``answer`` is how a reply is printed: a table (heading -> member) or a sentence. ``ended`` returns whether a reply
    is the last of a watch. ``asks`` is a question that the user must first answer with yes.
    """

    path: str
    call: str
    method: str = "GET"
    place: str = ""
    argument: str = ""
    required: tuple[Flag, ...] = ()
    optional: tuple[Flag, ...]
    asks: str = ""
    answer: Mapping[str, str] | str
    ended: Callable[[Any], bool] | None = None

    @property
    def names(self) -> list[str]:
        """The names in ``place``, in the order in which ``call`` takes their values."""
        return re.findall(r"\{(\w+)\}", self.place)

    @property
    def needed(self) -> list[str]:
        """The names of all required flags, and of the argument if it is part of the path."""
        return [*self.names, *(flag.name for flag in self.required)]

    @property
    def flags(self) -> tuple[Flag, ...]:
        """All flags: the required ones, the optional ones, and those of every command."""
        own = (Flag(name) for name in self.names if name != self.argument)
        return (*own, *self.required, *self.optional, *GLOBAL)

    @property
    def usage(self) -> str:
        """The command's usage line, as in the CLI's errors."""
        return self.path + (f" <{self.argument}>" if self.argument else "") + " [flags]"


_SNAPSHOTS, _RESTORES = "atlas serverless backups snapshots", "atlas serverless backups restores"
_SNAPSHOTS_PLACE, _JOBS_PLACE = "/{clusterName}/backup/snapshots", "/{clusterName}/backup/restoreJobs"
_PROJECT = (Flag("projectId"),)
_COMMON = (*_PROJECT, Flag("output", short="o"))
_PAGES = (Flag("page", "int", "page_num"), Flag("limit", "int", "items_per_page"), Flag("omitCount", "bool"), *_COMMON)
_TAG = Flag("tag", "stringToString", "tags")
_PROTECTION, _BACKUP = "termination_protection_enabled", "serverless_continuous_backup_enabled"
_INSTANCE_TABLE = {"ID": "id", "NAME": "name", "MDB VER": "mongoDBVersion", "STATE": "stateName"}
_SNAPSHOT_TABLE = {"ID": "id", "TYPE": "snapshotType", "STATUS": "status", "CREATED AT": "createdAt"}
_JOB_TABLE = {"ID": "id", "SNAPSHOT": "snapshotId", "CLUSTER": "targetClusterName", "TYPE": "deliveryType"}
_EXPIRES = {"EXPIRES AT": "expiresAt"}

_INSTANCE = Command(
    path="atlas serverless describe",
    call="serverless_instances.get_serverless_instance",
    place="/{instanceName}",
    argument="instanceName",
    optional=_COMMON,
    answer=_INSTANCE_TABLE,
)
_SNAPSHOT = Command(
    path=f"{_SNAPSHOTS} describe",
    call="cloud_backups.get_serverless_backup_snapshot",
    place=f"{_SNAPSHOTS_PLACE}/{{snapshotId}}",
    optional=_COMMON,
    answer={"ID": "id", "SNAPSHOT TYPE": "snapshotType", **_EXPIRES},
)
_JOB = Command(
    path=f"{_RESTORES} describe",
    call="cloud_backups.get_serverless_restore_job",
    place=f"{_JOBS_PLACE}/{{restoreJobId}}",
    optional=_COMMON,
    answer={**_JOB_TABLE, **_EXPIRES, "URLs": "deliveryUrl"},
)

COMMANDS: Sequence[Command] = (
    Command(
        path="atlas serverless list",
        call="serverless_instances.list_serverless_instances",
        optional=_PAGES,
        answer=_INSTANCE_TABLE,
    ),
    _INSTANCE,
    attrs.evolve(
        _INSTANCE,
        path="atlas serverless watch",
        optional=_PROJECT,
        answer="\nInstance available.\n",
        ended=lambda instance: instance.state_name == "IDLE",
    ),
    Command(
        path="atlas serverless create",
        call="serverless_instances.create_serverless_instance",
        method="POST",
        argument="instanceName",
        required=(Flag("provider", argument="backing_provider_name"), Flag("region", argument="region_name")),
        optional=(_TAG, *_COMMON),
        answer="Serverless instance {name} created.\n",
    ),
    Command(
        path="atlas serverless update",
        call="serverless_instances.update_serverless_instance",
        method="PATCH",
        place="/{instanceName}",
        argument="instanceName",
        optional=(
            Flag("enableTerminationProtection", "bool", _PROTECTION),
            Flag("disableTerminationProtection", "bool", _PROTECTION, negates=True),
            Flag("enableServerlessContinuousBackup", "bool", _BACKUP),
            Flag("disableServerlessContinuousBackup", "bool", _BACKUP, negates=True),
            _TAG,
            *_COMMON,
        ),
        answer="Serverless instance {name} updated.\n",
    ),
    Command(
        path="atlas serverless delete",
        call="serverless_instances.delete_serverless_instance",
        method="DELETE",
        place="/{instanceName}",
        argument="instanceName",
        optional=(Flag("force", "bool"), *_PROJECT),
        asks="This deletes the instance, all of its data and its backups, and can't be undone. Terminate {}?",
        answer="Serverless instance '{instanceName}' deleted\n",
    ),
    Command(
        path=f"{_SNAPSHOTS} list",
        call="cloud_backups.list_serverless_backup_snapshots",
        place=_SNAPSHOTS_PLACE,
        argument="clusterName",
        optional=_PAGES,
        answer={**_SNAPSHOT_TABLE, **_EXPIRES},
    ),
    _SNAPSHOT,
    attrs.evolve(
        _SNAPSHOT,
        path=f"{_SNAPSHOTS} watch",
        optional=_PROJECT,
        answer="\nSnapshot changes completed.\n",
        ended=lambda snapshot: snapshot.status in {"completed", "failed"},
    ),
    Command(
        path=f"{_RESTORES} list",
        call="cloud_backups.list_serverless_restore_jobs",
        place=_JOBS_PLACE,
        argument="clusterName",
        optional=_PAGES,
        answer={**_JOB_TABLE, **_EXPIRES},
    ),
    _JOB,
    attrs.evolve(
        _JOB,
        path=f"{_RESTORES} watch",
        answer="\nRestore completed.\n",
        # A download may get a link but no finishing time, where the CLI waited for ever.
        ended=lambda job: any((job.failed, job.cancelled, job.expired, job.finished_at, job.delivery_url)),
    ),
    Command(
        path=f"{_RESTORES} create",
        call="cloud_backups.create_serverless_restore_job",
        method="POST",
        place=_JOBS_PLACE,
        optional=(
            Flag("deliveryType", argument="delivery_type"),
            Flag("snapshotId", argument="snapshot_id"),
            Flag("targetProjectId", argument="target_group_id"),
            Flag("targetClusterName", argument="target_cluster_name"),
            Flag("oplogTs", "int", "oplog_ts"),
            Flag("oplogInc", "int", "oplog_inc"),
            Flag("pointInTimeUTCMillis", "int", use_instead="pointInTimeUTCSeconds"),
            Flag("pointInTimeUTCSeconds", "int", "point_in_time_utc_seconds"),
            *_COMMON,
        ),
        answer="Restore job '{id}' successfully started\n",
    ),
)

DELIVERY_TYPES: Mapping[str, tuple[str, ...]] = {
    "automated": ("targetProjectId", "snapshotId", "targetClusterName"),
    "pointInTime": ("targetProjectId", "targetClusterName"),
    "download": ("snapshotId",),
}
"""Delivery type of a restore -> the flags that it requires besides those of the path."""

ALIASES = {"sl": "serverless", "ls": "list", "get": "describe", "start": "create", "rm": "delete"}
ALIASES |= {word: f"{word}s" for word in ("backup", "snapshot", "restore")}
"""Other spelling -> the one in ``path``; ``atlas backups restores`` has ``start``."""
