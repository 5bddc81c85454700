"""The command ``atlas-shim``: a file a command, each imported when it is called.

``failures`` turns errors into one line and an exit code, ``output`` writes tables and JSON, ``log``
sets logging up; ``lazy`` holds the commands together. So ``atlas-shim --help`` loads click alone.
"""

from __future__ import annotations

import os

import click

from shim._version import __version__
from shim.cli.lazy import Commands

COMMANDS = {
    "demo": "Show the shim at work on this machine: the retired call, without and with it.",
    "serve": "Run the gateway.",
    "healthcheck": "Ask the gateway on this machine whether it is well.",
    "fake-atlas": "Run the fake Atlas alone.",
    "snapshots": "Read the backup snapshots of a serverless instance or flex cluster.",
    "restores": "Read, start and watch the restore jobs of a serverless instance or flex cluster.",
    "instances": "Read the serverless instances of a project, or what took their place.",
    "diff": "Compare what a retired endpoint and its successor answer, side by side.",
    "explain": "Explain what becomes of a call: decision, fields, and the call to make instead.",
    "scan": "Find calls of retired operations in Python sources.",
    "inventory": "Show which call sites still make retired calls.",
    "run": "Run a Python program with the drop-in switched on.",
    "doctor": "Show what the drop-in patches here, and what is known to get in its way.",
    "check": "Check settings and mapping documents, and with --connect the way to Atlas.",
}
"""Command -> its help sentence. The module is the name with underscores."""


@click.group(
    cls=Commands,
    sentences=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="Exit codes: 0 success; 1 a no (from Atlas, or to what was asked); 2 bad usage or settings; 3 network.",
)
@click.version_option(__version__, message="atlas-shim %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Keep programs alive that call MongoDB Atlas' retired serverless backup API.

    Start with "atlas-shim demo". Credentials come from the variables that Atlas' own tools read
    (MONGODB_ATLAS_PUBLIC_API_KEY and so on), never from flags.
    """
    if os.environ.get("NO_COLOR"):
        context.color = False
