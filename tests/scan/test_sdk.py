"""Uses of client libraries are found by the names that the documents declare."""

import pytest

LIST, GET = "listServerlessBackupSnapshots", "getServerlessBackupSnapshot"
JOBS, CREATE = "listServerlessRestoreJobs", "createServerlessRestoreJob"

PROGRAMS = {
    "a method of a client": ("""
        from atlas_sdk import AtlasClient
        client = AtlasClient(token=T)
        client.cloud_backups.list_serverless_backup_snapshots("g", "c")
        """, [(4, LIST)]),
    "an unknown client": ("""
        def f(client):
            return client.cloud_backups.create_serverless_restore_job("g", "c", delivery_type="automated")
        """, [(3, CREATE)]),
    "await": ("""
        async def f(self):
            return await self._api.get_serverless_backup_snapshot("g", "c", "s")
        """, [(3, GET)]),
    "a variant of openapi-generator": ("""
        from atlas.api.cloud_backups_api import CloudBackupsApi
        api = CloudBackupsApi()
        api.list_serverless_backups_with_http_info("g", "c")
        api.list_serverless_backups("g", "c", async_req=True)
        """, [(4, LIST), (5, LIST)]),
    "a module of openapi-python-client": ("""
        from atlas_client.api.cloud_backups import (
            get_group_serverless_backup_snapshot, list_group_flex_cluster_backup_snapshots)
        get_group_serverless_backup_snapshot.sync("g", "c", "s", client=client)
        list_group_flex_cluster_backup_snapshots.sync("g", "c", client=client)
        """, [(4, GET)]),
    "its functions under another name": ("""
        from atlas_client.api.cloud_backups.list_group_serverless_backup_snapshots import sync_detailed as snapshots
        snapshots("g", "c", client=client)
        """, [(3, LIST)]),
    "its module under another name": ("""
        import atlas_client.api.cloud_backups.list_group_serverless_backup_snapshots as m
        async def f():
            return await m.asyncio("g", "c", client=client)
        """, [(4, LIST)]),
    "its module by the whole name": ("""
        import a.b.list_group_serverless_backup_snapshots
        a.b.list_group_serverless_backup_snapshots.sync("g", "c", client=client)
        """, [(3, LIST)]),
    "a method kept in a name": ("""
        def f(client):
            call = client.list_serverless_backups
            return call("g", "c")
        """, [(3, LIST)]),
    "a method passed on": ("""
        def f(client, pool):
            return pool.submit(client.list_serverless_backups, "g", "c")
        """, [(3, LIST)]),
    "getattr": ("""
        def f(client):
            return getattr(client, "list_serverless_backups")("g", "c")
        """, [(3, LIST)]),
    "an import that is not used": ("""
        from x.api.cloud_backups import get_group_serverless_backup_snapshot
        """, [(2, GET)]),
    "a wrapper of the same name": ("""
        class Backups:
            def __init__(self, api):
                self.api = api
            def list_serverless_backups(self, g, c):
                return self.api.list_serverless_backups(g, c)
        """, [(6, LIST)]),
    "a subclass of a client": ("""
        from atlas.api.cloud_backups_api import CloudBackupsApi
        class Mine(CloudBackupsApi):
            def all(self, g, c):
                return self.list_serverless_backups(g, c)
        """, [(5, LIST)]),
    "an imported client beside a method of the same name": ("""
        from atlas_sdk import AtlasClient
        class Fake:
            def list_serverless_backups(self, g, c):
                return []
        AtlasClient().cloud_backups.list_serverless_backups("g", "c")
        """, [(6, LIST)]),
    "a star import": ("""
        from sdk import *
        get_serverless_backup("g", "c", "s")
        """, [(3, GET)]),
    "a lambda": ("""
        retry(lambda: client.list_serverless_restore_jobs("g", "c"))
        """, [(2, JOBS)]),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_client_method_is_found(found, name):
    """The use is found where the name stands, and nothing else is."""
    program, expected = PROGRAMS[name]
    assert [one[:2] for one in found(program)] == [(f":{line}", operation) for line, operation in expected]


def test_a_generated_client_is_found_where_it_is_written_and_used(found):
    """A client that openapi-python-client put into the tree has the URL in it, and its callers name the module."""
    program = {
        "atlas/__init__.py": "",
        "atlas/api/__init__.py": "",
        "atlas/api/cloud_backups/__init__.py": "",
        "atlas/api/cloud_backups/list_group_serverless_backup_snapshots.py": """
            def _get_kwargs(group_id, cluster_name):
                _kwargs = {
                    "method": "get",
                    "url": "/api/atlas/v2/groups/{group_id}/serverless/{cluster_name}/backup/snapshots".format(
                        group_id=group_id, cluster_name=cluster_name
                    ),
                }
                return _kwargs

            def sync_detailed(group_id, cluster_name, *, client):
                kwargs = _get_kwargs(group_id=group_id, cluster_name=cluster_name)
                return client.get_httpx_client().request(**kwargs)

            def sync(group_id, cluster_name, *, client):
                return sync_detailed(group_id, cluster_name, client=client).parsed
            """,
        "main.py": """
            from atlas.api.cloud_backups import list_group_serverless_backup_snapshots
            list_group_serverless_backup_snapshots.sync("g", "c", client=client)
            """,
    }
    assert found(program) == [
        ("atlas/api/cloud_backups/list_group_serverless_backup_snapshots:13", LIST, "GET"),
        ("main:3", LIST, "GET"),
    ]


def test_a_scanned_client_library_is_found_where_it_is_called(found):
    """A library in the tree has the URL in it; its callers, in other files, name the declared method."""
    program = {
        "vendored/__init__.py": "",
        "vendored/api.py": """
            class CloudBackupsApi:
                def __init__(self, api_client):
                    self.api_client = api_client

                def list_serverless_backups(self, group_id, cluster_name):
                    return self.api_client.call_api(
                        "/api/atlas/v2/groups/{groupId}/serverless/{clusterName}/backup/snapshots", "GET"
                    )
            """,
        "main.py": """
            from vendored.api import CloudBackupsApi
            api = CloudBackupsApi(None)
            api.list_serverless_backups("g", "c")
            """,
    }
    assert found(program) == [("main:4", LIST, "GET"), ("vendored/api:7", LIST, "GET")]
