"""The Performance Advisor of serverless instances."""

from __future__ import annotations

from shim.atlas.models import ServerlessAutoIndexing
from shim.atlas.request import EndpointRequest, path_of

_AUTO_INDEXING = "/api/atlas/v2/groups/{group_id}/serverless/{cluster_name}/performanceAdvisor/autoIndexing"


def get_serverless_auto_indexing(group_id: str, cluster_name: str) -> EndpointRequest[ServerlessAutoIndexing]:
    """Tell whether a serverless instance gets its indexes by itself (ServerlessAutoIndexing).

    A flex cluster never does: since the endpoint is gone this is false, and Atlas is not asked, not even whether
    there is such a cluster.
    """
    return EndpointRequest(
        path=path_of(_AUTO_INDEXING, group_id=group_id, cluster_name=cluster_name),
        read=lambda value: ServerlessAutoIndexing(enabled=value) if isinstance(value, bool) else None,
        expected="true or false",
    )
