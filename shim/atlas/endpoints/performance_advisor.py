"""The Performance Advisor of serverless instances."""

from __future__ import annotations

import attrs

from shim.atlas.models import ServerlessAutoIndexing
from shim.atlas.request import EndpointRequest, ask

_AUTO_INDEXING = "/api/atlas/v2/groups/{group_id}/serverless/{cluster_name}/performanceAdvisor/autoIndexing"


def get_serverless_auto_indexing(group_id: str, cluster_name: str) -> EndpointRequest[ServerlessAutoIndexing]:
    """Return whether automatic indexing of a serverless instance is on (ServerlessAutoIndexing).

    Flex clusters have none: since the sunset this is false without a call to Atlas, even for an unknown cluster.
    """
    return attrs.evolve(
        ask(ServerlessAutoIndexing, _AUTO_INDEXING, group_id=group_id, cluster_name=cluster_name),
        read=lambda value: ServerlessAutoIndexing(enabled=value) if isinstance(value, bool) else None,
        expected="true or false",
    )
