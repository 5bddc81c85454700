"""What holds from one reload to the next: version, route and sunsets."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from shim._version import __version__
from shim.core.route import sunset_of
from shim.core.settings import FlagRoute, Settings
from shim.documents.model import Document


class Facts(Collector):
    """Facts of one process (inheriting is the library's way)."""

    def __init__(self) -> None:
        self.settings: Settings | None = None
        self.documents: Sequence[Document] = ()

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        build = {"version": __version__, "python": platform.python_version()}
        yield InfoMetricFamily("atlas_shim_build", "The version of atlas-shim, and of Python below it.", build)
        if self.settings is not None:
            flag = self.settings.flag
            route = {"route": str(FlagRoute(flag) if flag else self.settings.route)}
            yield InfoMetricFamily("atlas_shim_route", "The route in force, a word of the option 'route'.", route)
            yield self._sunsets(self.settings)

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
