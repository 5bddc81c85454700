"""What the candidates are measured under: the rows of the large table, by part."""

from __future__ import annotations

import attrs


@attrs.frozen
class Setting:
    """One row: the body, the connections, upstream's delay in ms, and what is special about it.

    ``fresh`` bodies differ from call to call; ``tls`` is spoken at the caller's side; ``anew`` makes each call on a
    connection of its own.
    """

    body: str
    connections: int
    delay: int = 0
    fresh: bool = False
    tls: bool = False
    anew: bool = False

    @property
    def name(self) -> str:
        """The setting in words."""
        special = {"fresh": self.fresh, "TLS": self.tls, "connection anew": self.anew}
        words = [word for word, so in special.items() if so]
        return ", ".join([self.body, f"{self.connections} conn", f"{self.delay} ms", *words])

    @property
    def words(self) -> tuple[str, ...]:
        """What wrk is told besides."""
        return ("-H", "Connection: close") if self.anew else ()


GATEWAY = [Setting(body, connections) for body in ("small", "large") for connections in (1, 16, 64)]
GATEWAY += [Setting("small", 64, delay=20), Setting("large", 16, delay=20)]
FRESH = [Setting(body, connections, fresh=True) for body in ("small", "large") for connections in (1, 16)]
TLS = [Setting(body, connections, tls=True) for body in ("small", "large") for connections in (1, 16)]
TLS += [Setting("small", 16, tls=True, anew=True)]

SETTINGS = {"gateway": GATEWAY, "fresh": FRESH, "tls": TLS}
QUICK = {
    "gateway": [Setting("small", 16), Setting("large", 16), Setting("small", 64, delay=20)],
    "fresh": [Setting("small", 16, fresh=True), Setting("large", 16, fresh=True)],
    "tls": [Setting("small", 16, tls=True), Setting("small", 16, tls=True, anew=True)],
}
