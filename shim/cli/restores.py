"""``atlas-shim restores``: reading the restore jobs of a cluster, starting one, and watching it until it ends."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import attrs
import click
import httpx

from shim.atlas import AtlasClient, ServerlessBackupRestoreJob
from shim.atlas.retries import UNSENT
from shim.cli.failures import NETWORK, NO, Failure
from shim.cli.options import cluster_arguments, output_option, together
from shim.cli.output import printable
from shim.cli.overwriting import confirm, yes_option
from shim.cli.progress import progress
from shim.cli.resource_tables import show_one
from shim.cli.resources import ENDING, RESTORES, client, commands_of
from shim.cli.watching import INTERVAL, LONGEST, Look, watch

OUTCOMES = {"finished": 0, "failed": 4, "cancelled": 5, "expired": 6, "timeout": 7}
"""The state in which a watch ended -> its exit code."""

WATCH_ENDING = (
    ENDING.removesuffix(".")
    + """; of a watch: 0 the job finished; 4 it failed; 5 it was
cancelled; 6 it expired, so that its download link is of no use; 7 the timeout is over."""
)

command = commands_of("restores", RESTORES)


def _finite(_context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """Refuse a wait that has no end, and ``nan``, before a job is started."""
    longest = LONGEST if parameter.name == "interval" else math.inf
    if value is not None and not value <= longest:
        raise click.BadParameter(f"{value} is not a number of seconds that can be waited for")
    return value


SECONDS = click.FloatRange(min=0, min_open=True)

watch_options = together(
    click.option(
        "--interval",
        type=SECONDS,
        callback=_finite,
        metavar="SECONDS",
        default=INTERVAL,
        show_default=True,
        help="Between looks, a day at most.",
    ),
    click.option(
        "--timeout",
        type=SECONDS,
        callback=_finite,
        metavar="SECONDS",
        help="When to stop watching. Default: never.",
    ),
)


@attrs.frozen(kw_only=True)
class RestoreCommand:
    """What ``create`` asks for, named as the arguments of the typed client's method; None is left out."""

    delivery_type: str
    snapshot_id: str | None
    target_cluster_name: str | None
    target_group_id: str | None
    oplog_ts: int | None
    oplog_inc: int | None
    point_in_time_utc_seconds: int | None

    def what(self) -> str:
        """Return in a few words what is restored."""
        return "A point in time" if self.snapshot_id is None else f"The snapshot {self.snapshot_id}"

    def mistakes(self) -> Iterator[str]:
        """Yield what is missing and what excludes each other."""
        kind, oplog, second = self.delivery_type, self.oplog_ts, self.point_in_time_utc_seconds
        if kind == "pointInTime":
            if self.snapshot_id is not None:
                yield "--snapshot is for automated and download"
            if (second is None) == (oplog is None):
                yield "pointInTime needs --point-in-time, or else --oplog-ts"
            if (oplog is None) != (self.oplog_inc is None):
                yield "--oplog-ts and --oplog-inc go together"
        else:
            if self.snapshot_id is None:
                yield f"{kind} needs --snapshot"
            if {oplog, self.oplog_inc, second} != {None}:
                yield "--oplog-ts, --oplog-inc and --point-in-time are for pointInTime"
        if self.target_cluster_name is None and kind != "download":
            yield f"{kind} needs --target-cluster"


COUNT = click.IntRange(min=0)


@command.command("create", epilog=WATCH_ENDING)
@cluster_arguments
@click.option(
    "--delivery-type",
    required=True,
    type=click.Choice(["automated", "download", "pointInTime"]),
    help="Restore a snapshot, prepare a download of one, or restore to a point in time.",
)
@click.option("--snapshot", "snapshot_id", metavar="ID", help="The snapshot; for automated and download.")
@click.option(
    "--target-cluster", "target_cluster_name", metavar="NAME", help="Where to restore to. A download has no target."
)
@click.option("--target-group", "target_group_id", metavar="ID", help="The project of the target. Default: GROUP.")
@click.option("--oplog-ts", type=COUNT, metavar="SECONDS", help="For pointInTime, with --oplog-inc.")
@click.option("--oplog-inc", type=COUNT, metavar="N", help="The entry within that second.")
@click.option(
    "--point-in-time",
    "point_in_time_utc_seconds",
    type=COUNT,
    metavar="SECONDS",
    help="For pointInTime, since 1970.",
)
@click.option("--watch", "watches", is_flag=True, help="Watch the job until it ends.")
@yes_option
@watch_options
@output_option
def create(  # noqa: PLR0913 - one argument an option
    *,
    group: str,
    cluster: str,
    yes: bool,
    watches: bool,
    interval: float,
    timeout: float | None,
    output: str,
    **ordered: Any,
) -> None:
    """Start a restore job. It overwrites the data of the target cluster, and on a terminal asks before.

    GROUP is a project's id, CLUSTER the name of a serverless instance or of the cluster that replaced
    it. The request is sent once and never repeated; if the network fails meanwhile, look at
    "restores list".

    Example: atlas-shim restores create GROUP CLUSTER --delivery-type automated --snapshot ID
    --target-cluster NAME --watch
    """
    order = RestoreCommand(**ordered)
    for mistake in order.mistakes():
        raise click.UsageError(mistake)
    with client(retries=None) as atlas:
        if order.delivery_type != "download":
            confirm(str(order.target_cluster_name), order.target_group_id or group, order.what(), yes=yes)
        job = _start(atlas, group, cluster, order)
        if not watches:
            show_one(job, output)
            return
        if job.id is None:
            raise Failure("the job was started, but Atlas gave no id to watch it by", NO)
        click.echo(f"Restore job {printable(job.id)} was started.", err=True)
        _watch(atlas, (group, cluster, job.id), interval, timeout, output)


def _start(atlas: AtlasClient, group: str, cluster: str, order: RestoreCommand) -> ServerlessBackupRestoreJob:
    """Send the order, once; raises Failure when it is not known whether Atlas got it."""
    # The legacy body has a target even where there is none.
    name, project = order.target_cluster_name or cluster, order.target_group_id or group
    order = attrs.evolve(order, target_cluster_name=name, target_group_id=project)
    try:
        return atlas.cloud_backups.create_serverless_restore_job(group, cluster, **attrs.asdict(order))
    except (*UNSENT, httpx.UnsupportedProtocol):
        raise
    except httpx.TransportError as error:
        raise Failure(
            f"network: {type(error).__name__}: whether the job was started is not known; "
            f"look at it before trying again: atlas-shim restores list {group} {cluster}",
            NETWORK,
        ) from error


@command.command("watch", epilog=WATCH_ENDING)
@cluster_arguments
@click.argument("job")
@watch_options
@output_option
def watch_(  # noqa: PLR0913 - one argument an option
    *, group: str, cluster: str, job: str, interval: float, timeout: float | None, output: str
) -> None:
    """Watch a restore job until it ends, then show it.

    GROUP is a project's id, CLUSTER the name of a serverless instance or of the cluster that replaced
    it. Progress goes to stderr. Atlas' rate limit is respected, and a few network faults in a row do
    not end the watch. When the watch is interrupted, the job goes on.
    """
    with client(retries=None) as atlas:
        _watch(atlas, (group, cluster, job), interval, timeout, output)


def _watch(
    atlas: AtlasClient, place: tuple[str, str, str], interval: float, timeout: float | None, output: str
) -> None:
    """Watch a job, show its last state, and exit with the code of its outcome."""
    fetch = atlas.cloud_backups.get_serverless_restore_job
    last: Look | None = None
    with progress(f"restore job {place[2]}") as tell:
        for last in watch(lambda: fetch(*place), interval=interval, timeout=timeout):
            tell(last)
    assert last is not None, "a watch looks once at least"
    if last.job is not None:
        show_one(last.job, output)
    click.echo(f"Restore job {printable(place[2])}: {last.state.value} after {last.elapsed:.0f} s.", err=True)
    raise SystemExit(OUTCOMES[last.state])
