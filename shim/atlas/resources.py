"""The endpoints as a client offers them, grouped and named as Atlas' own Python SDK does."""

from __future__ import annotations

from shim.atlas import endpoints
from shim.atlas.drivers import AsyncResource, Resource, acall, aeach, call, each


class CloudBackups(Resource):
    """Snapshots and restore jobs."""

    list_serverless_backup_snapshots = call(endpoints.list_serverless_backup_snapshots)
    iter_serverless_backup_snapshots = each(endpoints.iter_serverless_backup_snapshots)
    get_serverless_backup_snapshot = call(endpoints.get_serverless_backup_snapshot)
    list_serverless_restore_jobs = call(endpoints.list_serverless_restore_jobs)
    iter_serverless_restore_jobs = each(endpoints.iter_serverless_restore_jobs)
    get_serverless_restore_job = call(endpoints.get_serverless_restore_job)
    create_serverless_restore_job = call(endpoints.create_serverless_restore_job)


class AsyncCloudBackups(AsyncResource):
    """Snapshots and restore jobs, for async programs."""

    list_serverless_backup_snapshots = acall(endpoints.list_serverless_backup_snapshots)
    iter_serverless_backup_snapshots = aeach(endpoints.iter_serverless_backup_snapshots)
    get_serverless_backup_snapshot = acall(endpoints.get_serverless_backup_snapshot)
    list_serverless_restore_jobs = acall(endpoints.list_serverless_restore_jobs)
    iter_serverless_restore_jobs = aeach(endpoints.iter_serverless_restore_jobs)
    get_serverless_restore_job = acall(endpoints.get_serverless_restore_job)
    create_serverless_restore_job = acall(endpoints.create_serverless_restore_job)


class ServerlessInstances(Resource):
    """Serverless instances."""

    list_serverless_instances = call(endpoints.list_serverless_instances)
    iter_serverless_instances = each(endpoints.iter_serverless_instances)
    get_serverless_instance = call(endpoints.get_serverless_instance)


class AsyncServerlessInstances(AsyncResource):
    """Serverless instances, for async programs."""

    list_serverless_instances = acall(endpoints.list_serverless_instances)
    iter_serverless_instances = aeach(endpoints.iter_serverless_instances)
    get_serverless_instance = acall(endpoints.get_serverless_instance)
