"""The certificates in use, made anew when their files change; connections go on with those that they began with."""

from __future__ import annotations

import logging
import ssl
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial

from shim.errors import SettingsError
from shim.gateway.options import Options
from shim.gateway.tls import contexts
from shim.gateway.tls.expiry import expiry_of
from shim.gateway.watch import Watched, Watcher

log = logging.getLogger("shim.gateway")


class ReloadableContext:
    """The context of one side, ``listener`` or ``upstream``, from files that may change.

    Raises SettingsError if the files are of no use at the start; a certificate that has ended may be used then, since
    not every caller looks at it.
    """

    def __init__(
        self, name: str, make: Callable[[], ssl.SSLContext], files: Iterable[str | None], cert: str | None
    ) -> None:
        self.name = name
        self.paths = tuple(path for path in files if path is not None)

        def read() -> tuple[ssl.SSLContext, float | None]:
            return make(), expiry_of(cert) if cert else None

        def use(new: tuple[ssl.SSLContext, float | None]) -> str:
            _, ends = new
            if ends is not None and ends <= time.time():
                raise SettingsError(f"{cert}: has expired")
            return "" if ends is None else f"the certificate ends {datetime.fromtimestamp(ends, UTC):%Y-%m-%d %H:%MZ}"

        self.files = Watched(f"files of the {name}", lambda: self.paths, read, use)
        if self.expires is not None and self.expires <= time.time():
            log.warning("the certificate of the %s has expired: %s", name, cert)

    @property
    def context(self) -> ssl.SSLContext:
        """The last good one."""
        return self.files.value[0]

    @property
    def expires(self) -> float | None:
        """When the certificate ends, in seconds since the epoch; None without a certificate of the gateway's."""
        return self.files.value[1]

    @property
    def is_refused(self) -> bool:
        """Whether the files as they are now are of no use."""
        return bool(self.files.problems)


class Certificates:
    """All that TLS is spoken with.

    ``listener`` is None if callers don't speak TLS; ``watched`` are the contexts that have files. Raises SettingsError
    when files, or options together, are of no use.
    """

    def __init__(self, options: Options, watcher: Watcher) -> None:
        contexts.check_listener(options)
        contexts.check_upstream(options)
        self.listener: ReloadableContext | None = None
        if (cert := options.tls_cert) is not None:
            theirs = (cert, options.tls_key, options.tls_client_ca)
            self.listener = ReloadableContext("listener", partial(contexts.listener_context, options), theirs, cert)
        ours = (options.upstream_ca, cert := options.upstream_cert, options.upstream_key)
        self.upstream = ReloadableContext("upstream", partial(contexts.upstream_context, options), ours, cert)
        self.watched = [one for one in (self.listener, self.upstream) if one is not None and one.paths]
        watcher.watched += [one.files for one in self.watched]

    @property
    def reloads(self) -> Tally[tuple[str, str]]:
        """How often changed files were read, by side and result."""
        return Tally({(one.name, result): count for one in self.watched for result, count in one.files.reloads.items()})
