"""The commands: names and aliases, arguments, flags, which of them are required, and the template of the output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from shim.cli.atlas_cli.flags import GLOBAL, Flag


@attrs.frozen(kw_only=True)
class Command:
    """One command: ``path`` its full name, ``argument`` the name of its only argument, ``required`` sorted flags.

    ``operation`` says what it does, ``struct`` what Go type it prints; ``answer`` is the template of its output.
    """

    path: str
    operation: str
    argument: str = ""
    flags: tuple[Flag, ...] = ()
    required: tuple[str, ...] = ()
    struct: str = ""
    answer: str

    @property
    def all_flags(self) -> tuple[Flag, ...]:
        """The command's own flags and those that every command has."""
        return (*self.flags, *GLOBAL)

    @property
    def usage(self) -> str:
        """How the command is written, as the CLI's errors show it."""
        argument = f" <{self.argument}>" if self.argument else ""
        return f"{self.path}{argument} [flags]"


_PROJECT, _OUTPUT = Flag("projectId"), Flag("output", short="o")
_CLUSTER, _SNAPSHOT, _JOB = Flag("clusterName"), Flag("snapshotId"), Flag("restoreJobId")
_COMMON = (_PROJECT, _OUTPUT)
_LIST = (Flag("page", "int"), Flag("limit", "int"), Flag("omitCount", "bool"), *_COMMON)
_START = (
    _SNAPSHOT,
    _CLUSTER,
    Flag("deliveryType"),
    Flag("targetProjectId"),
    Flag("targetClusterName"),
    Flag("oplogTs", "int"),
    Flag("oplogInc", "int"),
    Flag("pointInTimeUTCMillis", "int", use_instead="pointInTimeUTCSeconds"),
    Flag("pointInTimeUTCSeconds", "int"),
    *_COMMON,
)

_SNAPSHOTS, _RESTORES = "atlas serverless backups snapshots", "atlas serverless backups restores"

COMMANDS: Sequence[Command] = (
    Command(
        path="atlas serverless list",
        operation="list_instances",
        flags=_LIST,
        struct="PaginatedServerlessInstanceDescription",
        answer="ID\tNAME\tMDB VER\tSTATE{{range valueOrEmptySlice .Results}}\n"
        "{{.Id}}\t{{.Name}}\t{{.MongoDBVersion}}\t{{.StateName}}{{end}}\n",
    ),
    Command(
        path="atlas serverless describe",
        operation="get_instance",
        argument="instanceName",
        flags=_COMMON,
        struct="ServerlessInstanceDescription",
        answer="ID\tNAME\tMDB VER\tSTATE\n{{.Id}}\t{{.Name}}\t{{.MongoDBVersion}}\t{{.StateName}}\n",
    ),
    Command(
        path="atlas serverless watch",
        operation="watch_instance",
        argument="instanceName",
        flags=(_PROJECT,),
        answer="\nInstance available.\n",
    ),
    Command(
        path=f"{_SNAPSHOTS} list",
        operation="list_snapshots",
        argument="clusterName",
        flags=_LIST,
        struct="PaginatedApiAtlasServerlessBackupSnapshot",
        answer="ID\tTYPE\tSTATUS\tCREATED AT\tEXPIRES AT{{range valueOrEmptySlice .Results}}\n"
        "{{.Id}}\t{{.SnapshotType}}\t{{.Status}}\t{{.CreatedAt}}\t{{.ExpiresAt}}{{end}}\n",
    ),
    Command(
        path=f"{_SNAPSHOTS} describe",
        operation="get_snapshot",
        flags=(_CLUSTER, _SNAPSHOT, *_COMMON),
        required=("clusterName", "snapshotId"),
        struct="ServerlessBackupSnapshot",
        answer="ID\tSNAPSHOT TYPE\tEXPIRES AT\n{{.Id}}\t{{.SnapshotType}}\t{{.ExpiresAt}}\n",
    ),
    Command(
        path=f"{_SNAPSHOTS} watch",
        operation="watch_snapshot",
        flags=(_CLUSTER, _SNAPSHOT, _PROJECT),
        required=("clusterName", "snapshotId"),
        answer="\nSnapshot changes completed.\n",
    ),
    Command(
        path=f"{_RESTORES} list",
        operation="list_jobs",
        argument="clusterName",
        flags=_LIST,
        struct="PaginatedApiAtlasServerlessBackupRestoreJob",
        answer="ID\tSNAPSHOT\tCLUSTER\tTYPE\tEXPIRES AT{{range valueOrEmptySlice .Results}}\n"
        "{{.Id}}\t{{.SnapshotId}}\t{{.TargetClusterName}}\t{{.DeliveryType}}\t{{.ExpiresAt}}{{end}}\n",
    ),
    Command(
        path=f"{_RESTORES} describe",
        operation="get_job",
        flags=(_CLUSTER, _JOB, *_COMMON),
        required=("clusterName", "restoreJobId"),
        struct="ServerlessBackupRestoreJob",
        answer="ID\tSNAPSHOT\tCLUSTER\tTYPE\tEXPIRES AT\tURLs\n"
        "{{.Id}}\t{{.SnapshotId}}\t{{.TargetClusterName}}\t{{.DeliveryType}}\t{{.ExpiresAt}}\t"
        "{{range $index, $element := .DeliveryUrl}}{{if $index}}; {{end}}{{$element}}{{end}}\n",
    ),
    Command(
        path=f"{_RESTORES} watch",
        operation="watch_job",
        flags=(_CLUSTER, _JOB, *_COMMON),
        required=("clusterName", "restoreJobId"),
        struct="ServerlessBackupRestoreJob",
        answer="\nRestore completed.\n",
    ),
    Command(
        path=f"{_RESTORES} create",
        operation="create_job",
        flags=_START,
        required=("clusterName", "deliveryType"),
        struct="ServerlessBackupRestoreJob",
        answer="Restore job '{{.Id}}' successfully started\n",
    ),
)

ALIASES: Mapping[str, str] = {
    "sl": "serverless",
    "ls": "list",
    "get": "describe",
    "backup": "backups",
    "snapshot": "snapshots",
    "restore": "restores",
    "start": "create",
}
"""Other spelling -> the one in ``path``. ``start`` is what ``atlas backups restores`` calls it."""

REMOVED = frozenset({"create", "update", "delete"})
"""Commands of ``atlas serverless`` that made, changed and deleted instances: there is nothing left to do it to."""


def spelled(word: str) -> str:
    """Return a command's word by its full name."""
    return ALIASES.get(word, word)
