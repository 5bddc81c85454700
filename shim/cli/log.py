"""Waits for SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import signal


async def until_signal() -> None:
    """Return when SIGINT or SIGTERM arrives."""
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, arrived.set)
    try:
        await arrived.wait()
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
