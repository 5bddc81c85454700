"""Read a gateway's metrics page."""

from collections.abc import Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.peers.served import HasAdmin, Served, admin, ask, get

IN_FLIGHT = "atlas_shim_in_flight_requests"


class Page:
    """A page of metrics, parsed like Prometheus does."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._samples = [
            sample
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        ]

    def all(self, name: str) -> list[tuple[Mapping[str, str], float]]:
        """Return all series with a name."""
        return [
            (sample.labels, sample.value)
            for sample in self._samples
            if sample.name == name
        ]

    def value(self, name: str, **labels: str) -> float | None:
        """Return the sum of the series with these labels, None if there are none."""
        found = [
            value for said, value in self.all(name) if labels.items() <= said.items()
        ]
        return sum(found) if found else None

    @property
    def names(self) -> set[str]:
        """The names of all samples."""
        return {sample.name for sample in self._samples}


def page_at(where: Served) -> Page:
    """Return the page of an admin listener."""
    return Page(ask(where, get("/metrics", host="localhost"))[1].decode())


@pytest.fixture(scope="session")
def page():
    """Return a function that reads a gateway's page when no call is in progress.

    A response may arrive before it is counted.
    """

    def read(served: HasAdmin) -> Page:
        while (found := page_at(admin(served))).value(IN_FLIGHT):
            pass
        return found

    return read
