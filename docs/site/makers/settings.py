"""``docs/reference/settings.md``: the gateway's options as their rows say, and all other variables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from makers.markdown import coded, page, table
from makers.variables import (
    CREDENTIALS,
    MARKS,
    PROFILE,
    SHARED,
    SURROUNDINGS,
    WHICH_ATLAS,
    Variable,
)

from shim.cli.atlas_cli.profile import PREFIXES
from shim.gateway.option_values import Row
from shim.gateway.options import TABLE

FIVE = ("listen", "public_url", "route", "credentials", "memory")
"""The options that are worth knowing before the rest."""

HEAD = """
# Settings

Every setting that there is: what it is called, its default, when a change takes effect, and what it means. The shim
reads nothing else from the environment.

* In a Python program: [for every way in](#for-every-way-in).
* For `atlas-shim serve`: the same, and [the gateway's options](#the-gateways-options).
* For whoever signs calls: [credentials](#credentials) and [which Atlas](#which-atlas).
* For scripts: [`atlas-shim atlas`](#atlas-shim-atlas), and [what others define](#what-others-define).

An empty variable counts as unset. A value that means nothing is an error that names the variable; it never quietly
becomes the default. A variable that begins with `ATLAS_SHIM_` and stands not here is told at the start, with the name
that may have been meant. `atlas-shim check` reads all of it and starts nothing, and `/config.json` of the admin
listener shows what holds in a gateway, and where it was given.
"""

FIVE_HEAD = """
## The five options to know

What most gateways are started with; the other ones have defaults that hold.
"""

SHARED_HEAD = """
## For every way in

A program looks at these with each retired call, so that a change of `os.environ` counts at once; a value that means
nothing is then logged, and the last good ones stay. A gateway can't see its environment change: what is *live* below
changes by its file, the rest with a restart.
"""

OPTIONS_HEAD = """
## The gateway's options

Each is a flag of `atlas-shim serve`, a variable, and a key of the TOML file that `--config` names. The flag beats the
variable, which beats the file. `deploy/shim.toml` is a file of all of them to begin with. *live* ones can be changed in
the file while the gateway runs: it looks for changes by itself, and at once after `SIGHUP`. The others need a
*restart*, and `atlas_shim_config_restart_needed` says so ([metrics](metrics.md)).
"""

OPTIONS_TAIL = """
Two flags have neither variable nor key: `--config` names the file, and `--verbose` (`-v`) is `--log-level debug`.
Sockets that systemd hands over beat `--listen` and `--uds`.
"""

CREDENTIALS_HEAD = """
## Credentials

For the typed client, for the commands that ask Atlas, and for a gateway with `--credentials own` or `verify`. One kind
at a time; half a pair, or two kinds, is an error. The names of Terraform and CloudFormation are looked at only where
Atlas' own give no credentials, or half a key. Flags for them do not exist.

Each may be given as a file that holds the value, such as a mounted secret, by the name with `_FILE` behind it; both at
once is an error. A gateway reads these files again when they change; all else is read when a client is made, or a
command or gateway started. Programs with the drop-in sign by themselves, and nothing here is looked at.
"""

ATLAS_HEAD = """
## Which Atlas

The first that is set counts, for the typed client, for the commands that ask Atlas, and in programs with the drop-in,
which look at its calls as at those of Atlas' own hosts. A path of one of its APIs may follow the origin. The gateway
has `ATLAS_SHIM_UPSTREAM`.
"""

PROFILE_HEAD = """
## `atlas-shim atlas`

It reads the Atlas CLI's file and variables ([how](../how-to/atlas-cli.md)): for each property the first name, then the
second, then the file. [Credentials](#credentials) with `_FILE` are looked at when there are none here.
"""

SURROUNDINGS_HEAD = """
## What others define

The gateway asks for the first ones, the commands for the last. In Python programs the HTTP library that makes a call
decides on proxies and certificates, as without the shim.
"""

MARKS_HEAD = """
## What the shim sets itself

For processes that it starts. There is nothing to set here.
"""


def settings() -> str:
    """Return the page."""
    return page(
        HEAD,
        FIVE_HEAD,
        _table([row for row in TABLE if row.name in FIVE]),
        SHARED_HEAD,
        _variables(SHARED),
        OPTIONS_HEAD,
        *_options(),
        OPTIONS_TAIL,
        CREDENTIALS_HEAD,
        table(
            ("variable, or a file", "meaning"),
            [(names(one.name, f"{one.name}_FILE"), one.meaning) for one in CREDENTIALS],
        ),
        ATLAS_HEAD,
        table(("variable", "meaning"), [(f"`{one.name}`", _with_default(one)) for one in WHICH_ATLAS]),
        PROFILE_HEAD,
        table(
            ("variable", "meaning"),
            [(names(*(f"{prefix}{name}" for prefix in PREFIXES)), said) for name, said in PROFILE],
        ),
        SURROUNDINGS_HEAD,
        table(("variable", "meaning"), [(f"`{one.name}`", _with_default(one)) for one in SURROUNDINGS]),
        MARKS_HEAD,
        table(("variable", "meaning"), [(f"`{one.name}`", one.meaning) for one in MARKS]),
    )


def _options() -> Iterable[str]:
    for heading in dict.fromkeys(row.group for row in TABLE):
        yield f"### {heading}\n\n" + _table([row for row in TABLE if row.group == heading])


def _table(rows: Sequence[Row]) -> str:
    cells = [
        (
            names(f"{row.flag} {row.metavar}", row.variable, row.name),
            default(row.default),
            "live" if row.live else "restart",
            " ".join([coded(row.help), *_notes(row)]),
        )
        for row in rows
    ]
    return table(("flag, variable, key", "default", "change", "meaning"), cells)


def _notes(row: Row) -> Iterable[str]:
    if row.bare is not None:
        yield f"`{row.flag}` alone: `{row.bare}`."
    if row.secret:
        yield "A secret: shown to nobody; the variable keeps it out of the file."


def _variables(variables: Sequence[Variable]) -> str:
    rows = [(f"`{one.name}`", default(one.default), one.change, one.meaning) for one in variables]
    return table(("variable", "default", "a change counts", "meaning"), rows)


def _with_default(one: Variable) -> str:
    return f"{one.meaning} Default: `{one.default}`." if one.default else one.meaning


def names(*words: str) -> str:
    """Return names that mean the same, one below the other."""
    return "<br>".join(f"`{word}`" for word in words)


def default(text: str) -> str:
    """Return a default as a cell."""
    return f"`{text}`" if text else "none"
