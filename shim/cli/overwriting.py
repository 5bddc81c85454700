"""Asking before a cluster's data is overwritten."""

from __future__ import annotations

import sys

import click

from shim.cli.failures import NO, Failure
from shim.cli.options import Decorator
from shim.cli.output import printable

yes_option: Decorator = click.option("-y", "--yes", is_flag=True, help="Overwrite the target cluster without asking.")


def confirm(cluster: str, project: str, what: str, *, yes: bool) -> None:
    """Ask on a terminal whether ``what`` may overwrite a cluster; raises Failure when it may not.

    Without a terminal there is nobody to ask: scripts that exist go on, and are told what they do.
    """
    if yes:
        return
    cluster, project, what = map(printable, (cluster, project, what))
    overwrites = f"{what} overwrites all data of the cluster {cluster} in the project {project}."
    if not sys.stdin.isatty():
        click.echo(f"{overwrites} This is no terminal, so nobody is asked; --yes says that it is meant.", err=True)
        return
    click.echo(overwrites, err=True)
    try:
        meant = click.confirm("Go on?", err=True)
    except click.Abort:
        click.echo(err=True)
        meant = False
    if not meant:
        raise Failure("nothing was sent", NO)
