"""Every environment variable that is no option of the gateway's, in words: the part of the page that no code knows.

``tests/reference/test_settings.py`` compares their names with those in the code.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from shim.core.settings import RouteWord
from shim.doors.environment import WORDS


@attrs.frozen
class Variable:
    """One variable: its default as it would be written, what it means, and when a program's change of it counts."""

    name: str
    default: str
    meaning: str
    change: str = "with the next call"


def words(kind: Iterable[str]) -> str:
    """Return the words of a switch as Markdown."""
    return ", ".join(f"`{word}`" for word in kind)


SHARED = (
    Variable(
        "ATLAS_SHIM_ROUTE",
        "auto",
        f"Which side is asked: {words(RouteWord)}, or `openfeature:KEY` for what that feature flag says. `off` "
        "switches the shim off.",
    ),
    Variable(
        "ATLAS_SHIM_SUNSET",
        "",
        "Moves dates, by the names of documents: `snapshots=2026-02-01`, several with commas. An instant needs "
        "its offset.",
    ),
    Variable(
        "ATLAS_SHIM_READS",
        "off",
        "`former-clusters` answers reads of former M2 and M5 clusters under `/clusters`, which are flex clusters now "
        "([what is covered](covered.md#former-m2-and-m5-clusters)).",
    ),
    Variable(
        "ATLAS_SHIM_WRITES",
        "off",
        "Words with commas between. `instances` lets creations, updates and deletions of instances go to flex "
        "clusters. `instances-strict` does so, too, and refuses what they lack (continuous backup, auto-indexing); "
        "else it is ignored. `former-clusters` sends writes of former M2 and M5 clusters to flex clusters.",
    ),
    Variable(
        "ATLAS_SHIM_UPSTREAM",
        "",
        "In a program: one more origin whose calls are looked at, beside Atlas' own two. For the gateway: the origin "
        "that calls are sent to.",
    ),
    Variable(
        "ATLAS_SHIM_MAPPINGS",
        "",
        "A folder with mapping documents of yours ([format](../../mappings/README.md)). The gateway reads them again "
        "when they change; a program reads each folder once.",
    ),
    Variable(
        "ATLAS_SHIM_INVENTORY",
        "",
        "A file that each retired call is noted in, for `atlas-shim inventory` and the gateway's page.",
    ),
    Variable(
        "ATLAS_SHIM_OPENFEATURE_PROVIDER",
        "",
        "What answers for the flag of `openfeature:KEY`: `package.module:factory`, or `file:PATH`; else what the "
        "program has set.",
        "with a new process",
    ),
    Variable(
        "ATLAS_SHIM_WARNINGS",
        "once",
        f"How often a program is warned of its retired calls: {words(WORDS)}. `once` is for each operation and "
        "line; with `error` the call raises. The gateway warns nobody.",
    ),
)
"""What programs with the drop-in, the typed client's calls, the command and the gateway obey alike."""

CREDENTIALS = (
    Variable("MONGODB_ATLAS_PUBLIC_API_KEY", "", "The public key of an API key; with its private key."),
    Variable("MONGODB_ATLAS_PRIVATE_API_KEY", "", "Its private key."),
    Variable("MONGODB_ATLAS_PUBLIC_KEY", "", "The same public key, as Terraform and CloudFormation call it."),
    Variable("MONGODB_ATLAS_PRIVATE_KEY", "", "The same private key, as they call it."),
    Variable("MONGODB_ATLAS_CLIENT_ID", "", "The client id of a service account; with its secret."),
    Variable("MONGODB_ATLAS_CLIENT_SECRET", "", "Its secret."),
    Variable(
        "MONGODB_ATLAS_ACCESS_TOKEN",
        "",
        "A token that was obtained elsewhere. It is not renewed; the gateway takes none.",
    ),
)
"""Each has a ``…_FILE`` twin."""

WHICH_ATLAS = (
    Variable("MONGODB_ATLAS_BASE_URL", "https://cloud.mongodb.com", "The origin of Atlas, as Terraform calls it."),
    Variable("MONGODB_ATLAS_OPS_MANAGER_URL", "", "The same, as the Atlas CLI calls it."),
    Variable("MCLI_OPS_MANAGER_URL", "", "The same, as its predecessor called it."),
)

PROFILE = (
    ("PROFILE", "The profile of the CLI's file that is used; `default`, or the only one."),
    (
        "PROJECT_ID",
        "The project, where `--projectId` is not given. `atlas-shim check --connect` reads the first name too.",
    ),
    ("OUTPUT", "The format, where `--output` is not given."),
    ("OPS_MANAGER_URL", "The origin of Atlas."),
    ("BASE_URL", "The same, looked at after it."),
    ("SERVICE", "Empty or `cloud`; any other is refused, as the CLI does."),
    ("AUTH_TYPE", "`api_keys` or `service_account`, where there are both."),
    ("PUBLIC_API_KEY", "The public key of an API key."),
    ("PRIVATE_API_KEY", "Its private key."),
    ("CLIENT_ID", "The client id of a service account."),
    ("CLIENT_SECRET", "Its secret."),
    ("ACCESS_TOKEN", "The token that `atlas auth login` obtained."),
)
"""The properties that ``atlas-shim atlas`` looks up, each with either prefix."""

SURROUNDINGS = (
    Variable("HTTPS_PROXY", "", "The gateway's proxy on the way to an `https` upstream; lower case is as good."),
    Variable("HTTP_PROXY", "", "The same for an `http` upstream."),
    Variable("ALL_PROXY", "", "The same for both, looked at after them."),
    Variable("NO_PROXY", "", "Hosts that are called without a proxy. `atlas-shim demo` sets it for itself."),
    Variable(
        "SSL_CERT_FILE", "", "Roots for upstream's certificate in place of the system's; `--upstream-ca` beats it."
    ),
    Variable("SSL_CERT_DIR", "", "The same, as a folder (OpenSSL reads it)."),
    Variable(
        "OTEL_PYTHON_TRACER_PROVIDER",
        "",
        "If set, the gateway makes spans even if nobody has loaded OpenTelemetry yet.",
    ),
    Variable("LISTEN_FDS", "", "Sockets that systemd listens on: how many."),
    Variable("LISTEN_FDNAMES", "", "What they are for: `calls`."),
    Variable("LISTEN_PID", "", "The process that they are for."),
    Variable("NOTIFY_SOCKET", "", "Where systemd is told that the gateway is ready, or ends."),
    Variable("WATCHDOG_USEC", "", "How often systemd wants to hear that it lives, in microseconds."),
    Variable("WATCHDOG_PID", "", "The process that it wants to hear from."),
    Variable("NO_COLOR", "", "If set, commands print no colours."),
    Variable("PATH", "", "Where `atlas-shim atlas` looks for the real Atlas CLI."),
    Variable("NODE_OPTIONS", "", "`atlas-shim run` adds a hook for Node to it."),
    Variable("JAVA_TOOL_OPTIONS", "", "`atlas-shim run` adds a proxy and a trust store to it."),
    Variable("WGETRC", "~/.wgetrc", "`atlas-shim run` gives the program a copy that names the run's roots."),
    Variable("HOME", "", "Below it is the Atlas CLI's file, unless one of the next two says where."),
    Variable("XDG_CONFIG_HOME", "~/.config", "The folder of the Atlas CLI's folder."),
    Variable("APPDATA", "", "The same on Windows."),
)
"""What others define and the shim reads."""

MARKS = (
    Variable(
        "PYTHONPATH", "", "`atlas-shim run` puts a folder first, in which Python finds what switches the drop-in on."
    ),
    Variable("_ATLAS_SHIM_CHECKED", "", "Set by `atlas-shim run`: the settings that it has checked already."),
    Variable("_ATLAS_SHIM_HANDED_TO", "", "Set by `atlas-shim atlas`: programs that need not be tried twice."),
)
"""What the shim leaves to processes that it starts."""
