"""Ports for programs that need one before they listen."""

import random
import socket


def free_port() -> int:
    """Return a free port of loopback, below those that the system assigns to outgoing connections.

    One of those could be used by another test's connection before the program listens
    on it.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
