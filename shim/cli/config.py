"""The gateway's settings file: TOML, its keys the names of the flags."""

from __future__ import annotations

from pathlib import Path

import click

from shim.gateway.reload import read_config

__all__ = ["config_option", "read_config"]

config_option = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='A TOML file of the options above, as in: route = "auto"',
)
"""Gives a command ``--config``."""
