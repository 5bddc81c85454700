"""Serverless instances."""

from __future__ import annotations

from collections.abc import Mapping

from shim.atlas.models import (
    CloudProvider,
    Page,
    PaginatedServerlessInstances,
    RequestAccepted,
    ServerlessInstanceDescription,
)
from shim.atlas.request import EndpointRequest, all_of, ask, check

_INSTANCES = "/api/atlas/v2/groups/{group_id}/serverless"
_INSTANCE = _INSTANCES + "/{name}"


def list_serverless_instances(
    group_id: str,
    *,
    include_count: bool | None = None,
    items_per_page: int | None = None,
    page_num: int | None = None,
) -> EndpointRequest[PaginatedServerlessInstances]:
    """Return one page of the serverless instances of a group (PaginatedServerlessInstances)."""
    query = {"include_count": include_count, "items_per_page": items_per_page, "page_num": page_num}
    return ask(PaginatedServerlessInstances, _INSTANCES, query=query, group_id=group_id)


def iter_serverless_instances(
    group_id: str, *, items_per_page: int | None = None
) -> EndpointRequest[Page[ServerlessInstanceDescription]]:
    """Iterate over all serverless instances of a group (ServerlessInstanceDescription)."""
    return all_of(list_serverless_instances(group_id), items_per_page)


def get_serverless_instance(group_id: str, name: str) -> EndpointRequest[ServerlessInstanceDescription]:
    """Return one serverless instance, or the flex cluster that replaced it (ServerlessInstanceDescription)."""
    return ask(ServerlessInstanceDescription, _INSTANCE, group_id=group_id, name=name)


def create_serverless_instance(  # noqa: PLR0913 - the members of the legacy request body
    group_id: str,
    *,
    name: str,
    backing_provider_name: CloudProvider | str,
    region_name: str,
    serverless_continuous_backup_enabled: bool | None = None,
    tags: Mapping[str, str] | None = None,
    termination_protection_enabled: bool | None = None,
) -> EndpointRequest[ServerlessInstanceDescription]:
    """Create a flex cluster, billed as one, and return it while it is created (ServerlessInstanceDescription).

    This is sent only where ``ATLAS_SHIM_WRITES=instances`` says so; else it raises GoneError, whose message names
    that switch, and nothing is created. ``region_name`` has Atlas' form (``US_EAST_1``). A flex cluster
    has no continuous backup: it is ignored, as Atlas did, which the record says; ``instances-strict`` refuses it (400).

    Raises AtlasError with status 400 if the name is taken.
    """
    check(name=name)
    options = _options(serverless_continuous_backup_enabled, tags, termination_protection_enabled)
    provider = {"backingProviderName": backing_provider_name, "regionName": region_name}
    body = {"name": name, "providerSettings": provider, **options}
    return ask(ServerlessInstanceDescription, _INSTANCES, method="POST", body=body, group_id=group_id)


def update_serverless_instance(
    group_id: str,
    name: str,
    *,
    serverless_continuous_backup_enabled: bool | None = None,
    tags: Mapping[str, str] | None = None,
    termination_protection_enabled: bool | None = None,
) -> EndpointRequest[ServerlessInstanceDescription]:
    """Change a flex cluster, and return it while it is being changed (ServerlessInstanceDescription).

    It took a serverless instance's place. This is sent only where ``ATLAS_SHIM_WRITES=instances`` says so; else it
    raises GoneError, whose message names that switch, and nothing is changed. Arguments that are not given change
    nothing; ``tags`` replace all tags.
    """
    body = _options(serverless_continuous_backup_enabled, tags, termination_protection_enabled)
    return ask(ServerlessInstanceDescription, _INSTANCE, method="PATCH", body=body, group_id=group_id, name=name)


def delete_serverless_instance(group_id: str, name: str) -> EndpointRequest[RequestAccepted]:
    """Delete a flex cluster that replaced a serverless instance, with its data and its snapshots.

    This is sent only where ``ATLAS_SHIM_WRITES=instances`` says so; else it raises GoneError, whose message names
    that switch, and nothing is deleted. It returns (RequestAccepted) when Atlas has accepted the deletion, which then
    continues.
    """
    return ask(RequestAccepted, _INSTANCE, method="DELETE", group_id=group_id, name=name)


def _options(
    continuous_backup: bool | None,  # noqa: FBT001 - members of a body
    tags: Mapping[str, str] | None,
    termination_protection: bool | None,  # noqa: FBT001
) -> dict[str, object]:
    """Return the members that creation and update have in common."""
    backup = {"serverlessContinuousBackupEnabled": continuous_backup}
    return {
        "serverlessBackupOptions": None if continuous_backup is None else backup,
        "tags": None if tags is None else [{"key": key, "value": value} for key, value in tags.items()],
        "terminationProtectionEnabled": termination_protection,
    }
