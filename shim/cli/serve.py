"""``atlas-shim serve``: runs the gateway, with a flag for each row of its options."""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from shim.cli.output import config_option
from shim.errors import SettingsError
from shim.gateway.options import TABLE, Option
from shim.gateway.plan import LivePlan, PlanSource, renamed

_OF_OTHERS = dict.fromkeys(
    ("--host", "--port", "--bind"),
    "give host and port together: --listen 127.0.0.1:8480",
)
"""Flags of other servers to their names here."""


class GatewayCommand(click.Command):
    """A command with the gateway's options; it recognizes those of other servers."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; for a flag of other servers, suggest the right one."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            hint = _OF_OTHERS.get(error.option_name)
            if hint is None:
                raise
            raise click.UsageError(
                f"No such option: {error.option_name}; {hint}", ctx
            ) from None


class _Grouped(GatewayCommand):
    """A command whose help groups the options by the headings of the table."""

    def format_options(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write each group, and the flags outside the table."""
        groups = {row.name: row.group for row in TABLE}
        for group, rows in groupby(
            self.get_params(ctx), lambda one: groups.get(one.name or "", "This command")
        ):
            with formatter.section(group):
                formatter.write_dl(
                    [record for one in rows if (record := one.get_help_record(ctx))]
                )


def flag(row: Option, **more: Any) -> click.Option:
    """Return the flag of a row, which validates the values."""
    if row.default:
        default = f"  [default: {row.default}]"
    else:
        default = ""
    return click.Option(
        [row.flag, row.name], metavar=row.metavar, help=f"{row.help}{default}", **more
    )


@click.command(cls=_Grouped, params=[*map(flag, TABLE)])
@config_option
def command(config: Path | None, **flags: str | None) -> None:
    """Run the gateway.

    Set the base URL of your callers to the gateway's. It translates retired calls, and
    passes all others on unchanged. Each option is also a variable (--public-url is
    ATLAS_SHIM_PUBLIC_URL) and a key of the file (public_url). The option has precedence
    over the variable, and the variable over the file.

    The file and the documents of ATLAS_SHIM_MAPPINGS are reloaded when they change. If
    they are invalid, the last valid version stays active.

    Exit codes: 0 after SIGTERM or SIGINT, when calls in flight have finished; 2 for bad
    usage, settings, mapping documents, or an address that can't be listened on.
    """
    from shim.gateway.run import serve  # noqa: PLC0415 - an extra, which --help does not need

    source = PlanSource(dict(os.environ), flags, config)
    settings = LivePlan(source.read(), source)
    try:
        serve(settings)
    except SettingsError as error:
        raise renamed(error, settings.plan.given) from None
