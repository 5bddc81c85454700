"""Files of certificates and keys that are replaced while the gateway runs: new handshakes use them.

What was read is used as a whole or not at all; connections that are there go on with what they began with.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial

from shim.errors import SettingsError
from shim.gateway.file_stamps import stamps
from shim.gateway.options import Options
from shim.gateway.tls import contexts
from shim.gateway.tls.expiry import expiry_of

log = logging.getLogger("shim.gateway")

EVERY = 0.5
"""Seconds between two looks at the files; a change is read when two looks in a row agree on it."""


class Rotating:
    """A context for TLS that is made of files, and made anew when they change.

    ``name`` is whose it is, ``context`` the last good one, ``expires`` when its certificate ends, in seconds since
    the epoch (None where there is no certificate of the gateway's in it); ``is_refused`` tells that the files as they
    are now are of no use. Raises SettingsError when they are of no use at the start.
    """

    def __init__(
        self, name: str, make: Callable[[], ssl.SSLContext], files: Iterable[str | None], cert: str | None
    ) -> None:
        self.name = name
        self._make = make
        self._files = tuple(path for path in files if path is not None)
        self._cert = cert
        self._known = self._seen = stamps(self._files)
        self.context, self.expires = self._read()
        self.is_refused = False

    def warn(self) -> None:
        """Say so where the certificate in use has expired; whoever doesn't look at it may still call."""
        if self._is_over(self.expires):
            log.warning("the certificate of the %s has expired: %s", self.name, self._cert)

    def _read(self) -> tuple[ssl.SSLContext, float | None]:
        return self._make(), None if self._cert is None else expiry_of(self._cert)

    @staticmethod
    def _is_over(expires: float | None) -> bool:
        return expires is not None and expires <= time.time()

    def look(self) -> bool | None:
        """Look at the files once; return whether new ones are good and used from now on, None where all is as it was.

        It takes as long as the disk does.
        """
        found = stamps(self._files)
        if found != self._seen:
            self._seen = found  # somebody may still be writing
            return None
        if found == self._known:
            return None
        problem = context = expires = None
        try:
            context, expires = self._read()
            if self._is_over(expires):
                problem = f"{self._cert}: has expired"
        except SettingsError as error:
            problem = str(error)
        if stamps(self._files) != found:
            return None  # what was read may be of the old files and of the new
        self._known, self.is_refused = found, problem is not None
        if context is None or problem is not None:
            log.error("new files of the %s are refused, the last good ones stay: %s", self.name, problem)
            return False
        self.context, self.expires = context, expires
        log.info("new files of the %s are used from now on%s", self.name, _until(expires))
        return True

    @property
    def is_watched(self) -> bool:
        """Whether there are files to look at."""
        return bool(self._files)


def _until(expires: float | None) -> str:
    return "" if expires is None else f"; its certificate ends {datetime.fromtimestamp(expires, UTC):%Y-%m-%d %H:%MZ}"


class Certificates:
    """All that TLS is spoken with, and the watch over its files.

    ``listener`` is None if callers don't speak TLS; ``watched`` are the contexts that have files, ``reloads`` counts by
    side and result how often changed files were read. Raises SettingsError when files, or options together, are of no
    use.
    """

    def __init__(self, options: Options) -> None:
        contexts.check_listener(options)
        contexts.check_upstream(options)
        self.listener: Rotating | None = None
        if options.tls_cert is not None:
            theirs = (options.tls_cert, options.tls_key, options.tls_client_ca)
            self.listener = Rotating("listener", partial(contexts.listener_context, options), theirs, options.tls_cert)
        ours = (options.upstream_ca, options.upstream_cert, options.upstream_key)
        self.upstream = Rotating("upstream", partial(contexts.upstream_context, options), ours, options.upstream_cert)
        self.watched = [one for one in (self.listener, self.upstream) if one is not None and one.is_watched]
        self._task: asyncio.Task[None] | None = None
        self.reloads = Tally({(one.name, result): 0 for one in self.watched for result in ("refused", "success")})

    def watch(self) -> None:
        """Look at the files from now on, until ``close``; needs a running loop."""
        for one in self.watched:
            one.warn()
        if self.watched:
            self._task = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            for one in self.watched:
                try:
                    good = await asyncio.to_thread(one.look)
                except Exception:  # a defect here must not end the watch
                    log.exception("can't look at the files of the %s", one.name)
                else:
                    if good is not None:
                        self.reloads[one.name, "success" if good else "refused"] += 1

    def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
