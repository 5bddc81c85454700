"""What is no retired call is not reported: flex and dedicated clusters, other APIs, prose, own methods."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shim.core.recognise import load_engine
from shim.core.settings import Settings
from shim.scan import scan

PROGRAMS = {
    "flex calls": """
        import requests
        BASE = "https://cloud.mongodb.com/api/atlas/v2"
        def f(g, c, s):
            requests.get(f"{BASE}/groups/{g}/flexClusters")
            requests.get(f"{BASE}/groups/{g}/flexClusters/{c}/backup/snapshots")
            requests.get(f"{BASE}/groups/{g}/flexClusters/{c}/backup/snapshots/{s}")
            requests.post(f"{BASE}/groups/{g}/flexClusters/{c}/backup/restoreJobs")
            requests.post(f"{BASE}/groups/{g}/flexClusters/{c}/backup/download")
        """,
    "dedicated calls": """
        def f(client, g, c, s):
            client.get(f"/groups/{g}/clusters/{c}/backup/snapshots/{s}")
            client.get("/".join(["groups", g, "clusters", c, "backup", "restoreJobs"]))
            client.get(f"/groups/{g}/clusters/serverless/backup/snapshots")
            client.get(f"/groups/{g}/flexClusters/serverless")
        """,
    "a kind nobody knows": """
        def f(client, kind, g, c):
            client.get(f"/groups/{g}/{kind}/{c}/backup/snapshots")
            client.get(f"{BASE}/{g}/{kind}/{c}")
        """,
    "only ever flex": """
        def url(kind, g, c):
            return f"{BASE}/groups/{g}/{kind}/{c}/backup/snapshots"
        def f(g, c):
            serverless = "flexClusters"
            return requests.get(url(serverless, g, c)), requests.get(url("clusters", g, c))
        """,
    "a name given anew": """
        def f(g, c):
            kind = "serverless"
            kind = "flexClusters"
            url = f"{BASE}/groups/{g}/{kind}/{c}/backup/snapshots"
            return requests.get(url)
        """,
    "an early return": """
        def f(serverless, g, c):
            kind = "flexClusters"
            if serverless:
                kind = "serverless"
                return None
            return requests.get(f"{BASE}/groups/{g}/{kind}/{c}/backup/snapshots")
        """,
    "other APIs": """
        requests.get("https://api.example.com/serverless/x")
        requests.get("https://gitlab.com/api/v4/groups/1/serverless")
        requests.get(f"https://gitlab.com/{path}/groups/1/serverless/domains")
        requests.get(f"{BASE}/serverless")
        requests.get(f"{BASE}/serverless/functions/{name}")
        requests.get("/serverless/{}".format(x))
        requests.get(f"{BASE}/api/2.0/serverless/{x}/backup")
        requests.get(f"https://{host}/api/v1/groups/{g}/serverless")
        requests.get("https://cloud.mongodb.com/api/public/v1.0/groups/a/serverless")
        client.create_serverless_cache(ServerlessCacheName="x")
        boto3.client("redshift-serverless").list_snapshots()
        """,
    "prose": '''
        """Calls GET /api/atlas/v2/groups/{groupId}/serverless/{name}/backup/snapshots."""
        # requests.get("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b/backup/snapshots")
        HELP = "Lists /groups/{groupId}/serverless/{clusterName}/backup/snapshots of a group"
        def f():
            """
            /api/atlas/v2/groups/{groupId}/serverless/{name}/backup/snapshots
            """
            "/api/atlas/v2/groups/{groupId}/serverless/{name}/backup/snapshots"
            log.info("GET /api/atlas/v2/groups/a/serverless/b was retired")
            raise ValueError("see https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b")
        class C:
            """list_serverless_backup_snapshots"""
        NAME = "list_serverless_backup_snapshots"
        def list_serverless_instances(): ...
        ''',
    "texts that are only said or compared": """
        def f(request):
            print("/api/atlas/v2/groups/a/serverless/b/backup/snapshots")
            logger.warning("/api/atlas/v2/groups/a/serverless/b")
            if request.path == "/api/atlas/v2/groups/a/serverless/b":
                raise Gone("/api/atlas/v2/groups/a/serverless/b")
            assert request.path in ("/api/atlas/v2/groups/a/serverless/b/backup/snapshots",)
        """,
    "a server of its own": """
        @app.get("/api/atlas/v2/groups/{g}/serverless/{c}/backup/snapshots")
        def snapshots(g, c): ...
        """,
    "routes of a server of its own": """
        urlpatterns = [path("groups/<gid>/serverless/<name>/", view)]
        routes = [Route("/groups/{gid}/serverless/{name}", endpoint=view)]
        app.router.add_get("/groups/{gid}/serverless/{name}", view)
        app.add_url_rule("/groups/<gid>/serverless", view_func=view)
        """,
    "annotations": """
        def f(x: "Literal['/groups/a/serverless/b']") -> "/groups/a/serverless/b": ...
        y: Literal["/groups/a/serverless/b"]
        """,
    "flex methods": """
        def f(client, g, c):
            client.flex_snapshots.list_group_flex_cluster_backup_snapshots(g, c)
            client.list_flex_backups(g, c)
            client.cloud_backups.list_replica_set_backups(g, c)
            client.get_flex_cluster(g, c)
            api.list_flex_backup_snapshots.sync(client=client)
        """,
    "own methods of the same name": """
        class Mine:
            def list_serverless_instances(self):
                return []
            def all(self):
                return self.list_serverless_instances()
        def get_serverless_instance(name):
            return None
        Mine().list_serverless_instances()
        mine = Mine()
        mine.list_serverless_instances()
        get_serverless_instance("x")
        def use(mine):
            return mine.list_serverless_instances()
        """,
    "own methods of an imported class": {
        "lib.py": """
            class Inventory:
                def list_serverless_instances(self):
                    return []
            """,
        "use.py": """
            from lib import Inventory
            inventory = Inventory()
            inventory.list_serverless_instances()
            """,
    },
    "a cache": """
        def f(cache, g):
            return cache.get("x"), {}.get("/groups")
        """,
    "a path too long": """
        client.get(f"/groups/{g}/serverless/{c}/backup/snapshots/{s}/tags")
        client.get(f"/groups/{g}/serverless/{c}/backup")
        """,
    "a method the operation does not have": """
        def f(g, c):
            "nothing"
        """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_found(found, name):
    """No alarm."""
    assert found(PROGRAMS[name]) == []


@pytest.mark.parametrize("package", ["httpx", "requests", "aiohttp", "rich", "openapi_python_client", "urllib3"])
def test_libraries_raise_no_alarm(package):
    """Code of others that never calls Atlas has no finding, and all of it can be read."""
    module = pytest.importorskip(package)
    report = scan([Path(str(module.__file__)).parent], load_engine({}), Settings(), datetime(2027, 6, 1, tzinfo=UTC))
    assert (report.findings, report.errors) == ((), ())
    assert report.files > 10


def test_the_standard_library_raises_no_alarm():
    """Nor does a piece of the standard library, with its oddest syntax."""
    folder = Path(str(sys.modules["json"].__file__)).parents[1]
    paths = [folder / name for name in ("asyncio", "email", "http", "urllib", "dataclasses.py", "typing.py", "ast.py")]
    report = scan(paths, load_engine({}), Settings(), datetime(2027, 6, 1, tzinfo=UTC))
    assert (report.findings, report.errors) == ((), ())
