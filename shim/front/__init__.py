"""Write configurations for other proxies.

Retired calls go to the gateway, all others directly to Atlas. ``calls`` turns the
mapping documents into regular expressions, and ``templates`` are the configurations. No
module here opens a connection.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files
from urllib.parse import urlsplit

from shim._version import __version__
from shim.documents.model import Document
from shim.errors import SettingsError
from shim.front.calls import groups_of
from shim.gateway.allow import READS
from shim.gateway.option_values import HOST, Address, is_address
from shim.gateway.options import Options
from shim.page import templates

PROXIES = ("nginx", "haproxy", "envoy")
"""The proxies that have a template."""

_QUOTED = re.compile(r"[A-Za-z0-9._/@+~ -]+")


def configuration(  # noqa: PLR0913 - one argument an option
    proxy: str,
    documents: Sequence[Document],
    options: Options,
    *,
    replicas: Sequence[tuple[Address, Address | None]],
    listen: Address,
    ca_file: str | None = None,
) -> str:
    """Return the whole configuration of a proxy.

    ``replicas`` are the gateways, each with the address for calls and the one for
    probes (None: it is not probed). Of ``options``, only upstream, certificate and
    timeouts are used. ``ca_file`` is None for the system's roots. The inserted values
    contain no character that ends a word of the configuration. Raises SettingsError for
    a path or host with such a character, and for a key without its certificate.
    """
    origin = urlsplit(options.upstream)
    tls = origin.scheme == "https"
    host = origin.hostname or ""
    if HOST.fullmatch(host) is None:
        raise SettingsError(f"--upstream: {host!r} is not a name or address of a host")
    _check(proxy, options, replicas, ca_file)
    made = templates(files("shim.front") / "templates", {})
    made.tests["ip"] = is_address
    idle = max(1, round(options.upstream_timeout))
    port = origin.port or (443 if tls else 80)
    upstream = {
        "tls": tls,
        "authority": origin.netloc,
        "address": Address(host, port),
    }
    return made.get_template(f"{proxy}.j2").render(
        proxy=proxy,
        version=__version__,
        reads="|".join(sorted(READS)),
        documents=[document.file for document in documents],
        groups=groups_of(documents),
        replicas=[{"calls": calls, "admin": admin} for calls, admin in replicas],
        listen=listen,
        upstream=upstream,
        tls_cert=options.tls_cert,
        tls_key=options.tls_key or options.tls_cert,
        ca_file=ca_file,
        idle=idle,
        # The gateway itself answers in Atlas's shape when upstream was idle for too
        # long.
        gateway_idle=idle + 10,
        head=max(1, round(options.client_timeout)),
        kept=max(1, round(options.keepalive_timeout)),
    )


def _check(
    proxy: str,
    options: Options,
    replicas: Sequence[tuple[Address, Address | None]],
    ca_file: str | None,
) -> None:
    for path in (options.tls_cert, options.tls_key, ca_file):
        if path is not None and _QUOTED.fullmatch(path) is None:
            raise SettingsError(
                f"{path!r}: may contain only letters, digits, spaces and . _ / @ + ~ -"
            )
    if options.tls_key and not options.tls_cert:
        raise SettingsError("--tls-key: has no effect without --tls-cert")
    for calls, admin in replicas:
        if (
            proxy == "envoy"
            and admin is not None
            and admin.host != calls.host
            and not is_address(admin.host)
        ):
            raise SettingsError(
                "--admin: envoy checks the gateway's own host, or one that is given by its IP address"
            )
