"""The Performance Advisor of serverless instances."""

from __future__ import annotations

from shim.atlas.convert import boolean
from shim.atlas.request import EndpointRequest, path_of

_AUTO_INDEXING = "/api/atlas/v2/groups/{group_id}/serverless/{cluster_name}/performanceAdvisor/autoIndexing"


def get_serverless_auto_indexing(group_id: str, cluster_name: str) -> EndpointRequest[bool]:
    """Tell whether a serverless instance gets its indexes by itself; a flex cluster never does.

    Since the endpoint is gone this is False, and Atlas is not asked. A bool carries no record.
    """
    return EndpointRequest(
        path=path_of(_AUTO_INDEXING, group_id=group_id, cluster_name=cluster_name),
        read=boolean,
        expected="true or false",
    )
