"""``atlas-shim restores``: the restore jobs of one cluster, through the typed client."""

from __future__ import annotations

import math
from typing import Any

import click
import httpx

from shim.atlas import AtlasClient
from shim.cli.failures import NETWORK, NO, Failure
from shim.cli.output import output_option, printable
from shim.cli.progress import progress
from shim.cli.resources import ENDING, client, page_options, show_all, show_one, show_page
from shim.cli.watching import INTERVAL, LONGEST, Look, State, state_of, watch

OUTCOMES = {State.FINISHED: 0, State.FAILED: 4, State.CANCELLED: 5, State.EXPIRED: 6, State.TIMEOUT: 7}
"""The outcome of a watch -> its exit code."""

WATCH_ENDING = (
    ENDING.removesuffix(".")
    + """; of a watch: 0 the job finished; 4 it failed; 5 it was
cancelled; 6 it expired, so that its download link is of no use; 7 the timeout is over."""
)

COLUMNS = (
    ("ID", "id", printable),
    ("TYPE", "deliveryType", printable),
    ("STATE", "", lambda job: state_of(job).value),
    ("TARGET", "targetClusterName", printable),
    ("SNAPSHOT", "snapshotId", printable),
)

UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""Faults that come before the first byte of a request is sent."""


@click.group(epilog=ENDING)
def command() -> None:
    """Read, start and watch the restore jobs of a serverless instance or flex cluster."""


@command.command("list", epilog=ENDING)
@click.argument("group")
@click.argument("cluster")
@page_options
@output_option
def list_(  # noqa: PLR0913 - one argument an option
    *, group: str, cluster: str, every: bool, items_per_page: int | None, page_num: int | None, output: str
) -> None:
    """List the restore jobs of a cluster, in Atlas' order.

    GROUP is a project's id, CLUSTER the name of a serverless instance or what became of it.

    With -o json one page is the legacy JSON as the API gave it; with --all it is an object whose
    "results" are those of all pages.
    """
    if every and page_num is not None:
        raise click.UsageError("--all and --page-num exclude each other")
    with client() as atlas:
        backups = atlas.cloud_backups
        if every:
            walk = backups.iter_serverless_restore_jobs(group, cluster, items_per_page=items_per_page)
            show_all(list(walk), COLUMNS, output)
        else:
            page = backups.list_serverless_restore_jobs(
                group, cluster, items_per_page=items_per_page, page_num=page_num
            )
            show_page(page, COLUMNS, output)


@command.command(epilog=ENDING)
@click.argument("group")
@click.argument("cluster")
@click.argument("job")
@output_option
def get(*, group: str, cluster: str, job: str, output: str) -> None:
    """Show one restore job, with the fidelity of each field.

    GROUP is a project's id, CLUSTER the name of a serverless instance or what became of it. The
    link of a download lets anybody who has it download the data.
    """
    with client() as atlas:
        show_one(atlas.cloud_backups.get_serverless_restore_job(group, cluster, job), output)


def watch_options(command: Any) -> Any:
    """Give a command ``--interval`` and ``--timeout``."""
    seconds: dict[str, Any] = {
        "type": click.FloatRange(min=0, min_open=True),
        "callback": _finite,
        "metavar": "SECONDS",
    }
    for option in (
        click.option("--timeout", help="When to stop watching. Default: never.", **seconds),
        click.option(
            "--interval", default=INTERVAL, show_default=True, help="Between looks, a day at most.", **seconds
        ),
    ):
        command = option(command)
    return command


def _finite(_context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """Refuse what nobody can wait for, ``nan`` included, before a job is started."""
    longest = LONGEST if parameter.name == "interval" else math.inf
    if value is not None and not value <= longest:
        raise click.BadParameter(f"{value} is not a number of seconds that can be waited for")
    return value


@command.command(epilog=WATCH_ENDING)
@click.argument("group")
@click.argument("cluster")
@click.option(
    "--delivery-type",
    required=True,
    type=click.Choice(["automated", "download", "pointInTime"]),
    help="Restore a snapshot, prepare a download of one, or restore to a point in time.",
)
@click.option("--snapshot", metavar="ID", help="The snapshot; for automated and download.")
@click.option("--target-cluster", metavar="NAME", help="Where to restore to. A download has no target.")
@click.option("--target-group", metavar="ID", help="The project of the target. Default: GROUP.")
@click.option("--oplog-ts", type=click.IntRange(min=0), metavar="SECONDS", help="For pointInTime, with --oplog-inc.")
@click.option("--oplog-inc", type=click.IntRange(min=0), metavar="N", help="The entry within that second.")
@click.option("--point-in-time", type=click.IntRange(min=0), metavar="SECONDS", help="For pointInTime, since 1970.")
@click.option("--watch", "watches", is_flag=True, help="Watch the job until it ends.")
@watch_options
@output_option
def create(  # noqa: PLR0913 - one argument an option
    *,
    group: str,
    cluster: str,
    delivery_type: str,
    snapshot: str | None,
    target_cluster: str | None,
    target_group: str | None,
    oplog_ts: int | None,
    oplog_inc: int | None,
    point_in_time: int | None,
    watches: bool,
    interval: float,
    timeout: float | None,
    output: str,
) -> None:
    """Start a restore job. It overwrites the data of the target cluster.

    GROUP is a project's id, CLUSTER the name of a serverless instance or what became of it. The
    order is sent once and never again; when the network fails under it, look at "restores list".

    Example: atlas-shim restores create GROUP CLUSTER --delivery-type automated --snapshot ID
    --target-cluster NAME --watch
    """
    if delivery_type == "pointInTime":
        _refuse(snapshot is not None, "--snapshot is for automated and download")
        _refuse((point_in_time is None) == (oplog_ts is None), "pointInTime needs --point-in-time, or else --oplog-ts")
        _refuse((oplog_ts is None) != (oplog_inc is None), "--oplog-ts and --oplog-inc go together")
    else:
        _refuse(snapshot is None, f"{delivery_type} needs --snapshot")
        _refuse(
            {oplog_ts, oplog_inc, point_in_time} != {None},
            "--oplog-ts, --oplog-inc and --point-in-time are for pointInTime",
        )
    _refuse(target_cluster is None and delivery_type != "download", f"{delivery_type} needs --target-cluster")
    with client() as atlas:
        try:
            job = atlas.cloud_backups.create_serverless_restore_job(
                group,
                cluster,
                delivery_type=delivery_type,
                # The legacy body has a target even where there is none.
                target_cluster_name=target_cluster or cluster,
                target_group_id=target_group or group,
                snapshot_id=snapshot,
                oplog_ts=oplog_ts,
                oplog_inc=oplog_inc,
                point_in_time_utc_seconds=point_in_time,
            )
        except UNSENT:
            raise
        except httpx.TransportError as error:
            raise Failure(
                f"network: {type(error).__name__}: whether the job was started is not known; "
                f"look at it before trying again: atlas-shim restores list {group} {cluster}",
                NETWORK,
            ) from error
        if not watches:
            show_one(job, output)
            return
        if job.id is None:
            raise Failure("the job was started, but Atlas gave no id to watch it by", NO)
        click.echo(f"Restore job {printable(job.id)} was started.", err=True)
        _watch(atlas, (group, cluster, job.id), interval, timeout, output)


def _refuse(wrong: bool, why: str) -> None:  # noqa: FBT001 - a condition and what it means
    if wrong:
        raise click.UsageError(why)


@command.command("watch", epilog=WATCH_ENDING)
@click.argument("group")
@click.argument("cluster")
@click.argument("job")
@watch_options
@output_option
def watch_(  # noqa: PLR0913 - one argument an option
    *, group: str, cluster: str, job: str, interval: float, timeout: float | None, output: str
) -> None:
    """Watch a restore job until it ends, then show it.

    GROUP is a project's id, CLUSTER the name of a serverless instance or what became of it.
    Progress goes to stderr. Atlas' rate limit is respected, and a few faults of the network in a
    row do not end the watch. The job goes on when the watch is left.
    """
    with client() as atlas:
        _watch(atlas, (group, cluster, job), interval, timeout, output)


def _watch(
    atlas: AtlasClient, place: tuple[str, str, str], interval: float, timeout: float | None, output: str
) -> None:
    """Watch a job, show what it came to, and leave with the exit code of that."""
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
