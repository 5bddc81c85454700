"""Write ``deploy/shim.toml`` from the table of options: a file with each option explained."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from shim.gateway.options import TABLE, Option

_HEAD = """\
# Settings of the gateway: atlas-shim serve --config shim.toml

# The lines that are commented out show the defaults. A command-line option (--public-url) overrides the variable
# (ATLAS_SHIM_PUBLIC_URL), which overrides the key in this file (public_url). To find its errors, run "atlas-shim check
# --config shim.toml". A change of a key marked "live" applies while the gateway runs, any other after a restart.
"""


def option_file() -> str:
    """Return the text of the file; every key has its explanation and default."""
    return _HEAD + "".join(map(_group, dict.fromkeys(row.group for row in TABLE)))


def _group(heading: str) -> str:
    entries = (_entry(row) for row in TABLE if row.group == heading)
    return f"\n\n# {heading}\n" + "".join(f"\n{entry}\n" for entry in entries)


def _entry(row: Option) -> str:
    return "\n".join([*_explained(row), f"#{row.name} = {_written(row)}"])


def _explained(row: Option) -> Iterator[str]:
    notes = [
        row.metavar,
        *(["live"] if row.live else []),
        *(
            [f"a secret: {row.variable} keeps it out of this file"]
            if row.secret
            else []
        ),
    ]
    for line in textwrap.wrap(f"{row.help} ({'; '.join(notes)})", 116):
        yield f"# {line}"


def _written(row: Option) -> str:
    """Return a default as TOML: a number unchanged, all else in quotes."""
    return (
        row.default
        if row.default.replace(".", "", 1).isdecimal()
        else json.dumps(row.default)
    )
