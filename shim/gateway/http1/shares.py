"""How many connections each worker has, where all of them see it, so that none takes more than its share.

A socket that several processes share gives a connection to whoever is awake, and that is the one that has just taken
another: of 16 callers one of two workers got all. Here the one with more lets the one with fewer go first.
"""

from __future__ import annotations

import mmap
import os
import tempfile

NOBODY = 0xFFFFFFFF
"""What stands for a worker that takes no calls."""

_BYTES = 4


class Shares:
    """A count for each worker, in memory that they share by the file behind ``descriptor``."""

    def __init__(self, descriptor: int, workers: int) -> None:
        self.descriptor = descriptor
        self._counts = memoryview(mmap.mmap(descriptor, workers * _BYTES)).cast("I")

    @classmethod
    def of(cls, workers: int) -> Shares:
        """Return shares of which nobody has one yet."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("atlas-shim workers")
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.truncate(descriptor, workers * _BYTES)
        shares = cls(descriptor, workers)
        for number in range(workers):
            shares.put(number, NOBODY)
        return shares

    def put(self, number: int, count: int) -> None:
        """Say how many connections a worker has."""
        self._counts[number] = count

    def enough(self, number: int) -> bool:
        """Tell whether a worker has so many more than another that it should let that one go first."""
        least = min(self._counts)
        return self._counts[number] > least + 1 + least // 8

    def close(self) -> None:
        """Give the file back; the memory lasts as long as this object."""
        os.close(self.descriptor)


class Share:
    """One worker's share, from the moment on in which it takes calls."""

    def __init__(self, shares: Shares, number: int) -> None:
        self._shares = shares
        self._number = number
        shares.put(number, 0)

    def enough(self, count: int) -> bool:
        """Say how many connections there are, and learn whether another worker should have the next one."""
        self._shares.put(self._number, count)
        return self._shares.enough(self._number)
