"""What holds from one reload to the next: version, route, sunsets, and the certificate's end."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from shim._version import __version__
from shim.core.route import sunset_of
from shim.core.settings import Settings
from shim.documents.model import Document
from shim.gateway.counting.certificate import not_after


class Facts(Collector):
    """Facts of one process; nothing is told of what it does not know (inheriting is the library's way).

    ``certificate_end`` is in seconds since the epoch, None without TLS.
    """

    def __init__(self) -> None:
        self.settings: Settings | None = None
        self.documents: Sequence[Document] = ()
        self.certificate_end: float | None = None

    def take_certificate(self, path: str | None) -> None:
        """Tell from now on when the chain in this file ends; to be called again whenever it is read anew for TLS."""
        self.certificate_end = None if path is None else not_after(path)

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        build = {"version": __version__, "python": platform.python_version()}
        yield InfoMetricFamily("atlas_shim_build", "The version of atlas-shim, and of Python below it.", build)
        if self.settings is not None:
            route = {"route": str(self.settings.route)}
            yield InfoMetricFamily("atlas_shim_route", "The route in force, a word of the option 'route'.", route)
            yield self._sunsets(self.settings)
        if self.certificate_end is not None:
            yield GaugeMetricFamily(
                "atlas_shim_tls_certificate_not_after_timestamp_seconds",
                "When the first certificate of the chain in use ends, in seconds since the epoch.",
                self.certificate_end,
            )

    def _sunsets(self, settings: Settings) -> Metric:
        family = GaugeMetricFamily(
            "atlas_shim_sunset_timestamp_seconds",
            "The sunset in force of each operation, in seconds since the epoch.",
            labels=("document", "operation"),
        )
        for document in self.documents:
            for operation in document.operations:
                family.add_metric((document.name, operation.id), sunset_of(operation, settings).timestamp())
        return family
