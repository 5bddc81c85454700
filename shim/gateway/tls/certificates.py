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

    ``context`` is the last good one; ``expires`` is when its certificate ends, in seconds since the epoch (None
    without a certificate of the gateway's). Raises SettingsError if the files are of no use at the start.
    """

    def __init__(
        self, name: str, make: Callable[[], ssl.SSLContext], files: Iterable[str | None], cert: str | None
    ) -> None:
        self.name = name
        self._make = make
        self._cert = cert
        self.paths = tuple(path for path in files if path is not None)
        self.files = Watched(f"files of the {name}", lambda: self.paths, self._read, self._use)
        self.context, self.expires = make(), expiry_of(cert) if cert else None

    @property
    def is_refused(self) -> bool:
        """Whether the files as they are now are of no use."""
        return bool(self.files.problems)

    @property
    def has_expired(self) -> bool:
        """Whether the certificate in use has ended; a caller who doesn't look at it may still call."""
        return self.expires is not None and self.expires <= time.time()

    def _read(self) -> tuple[ssl.SSLContext, float | None]:
        context, expires = self._make(), expiry_of(self._cert) if self._cert else None
        if expires is not None and expires <= time.time():
            raise SettingsError(f"{self._cert}: has expired")
        return context, expires

    def _use(self, new: tuple[ssl.SSLContext, float | None]) -> str:
        self.context, self.expires = new
        ends = self.expires
        return "" if ends is None else f"the certificate ends {datetime.fromtimestamp(ends, UTC):%Y-%m-%d %H:%MZ}"


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
        for one in self.watched:
            watcher.watched.append(one.files)
            if one.has_expired:
                log.warning("the certificate of the %s has expired: %s", one.name, one.paths)

    @property
    def reloads(self) -> Tally[tuple[str, str]]:
        """How often changed files were read, by side and result."""
        return Tally({(one.name, result): count for one in self.watched for result, count in one.files.reloads.items()})
