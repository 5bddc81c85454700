"""Every way to write the URL of a retired call that programs have been seen to use."""

import pytest

LIST, GET = "listServerlessBackupSnapshots", "getServerlessBackupSnapshot"
JOBS, CREATE = "listServerlessRestoreJobs", "createServerlessRestoreJob"
INSTANCE, INSTANCES = "getServerlessInstance", "listServerlessInstances"

PROGRAMS: dict[str, tuple[str, list[tuple[int, str, str | None]]]] = {
    "one literal": ("""
        import requests
        requests.get("https://cloud.mongodb.com/api/atlas/v1.0/groups/5f/serverless/x/backup/snapshots")
        """, [(3, LIST, "GET")]),
    "an f-string": ("""
        def f(g, c):
            return httpx.get(f"https://cloud.mongodb.com/api/atlas/v2/groups/{g}/serverless/{c}/backup/snapshots?x=1")
        """, [(3, LIST, "GET")]),
    "a base of another module": ("""
        from settings import BASE
        def f(g, c, s):
            return requests.get(f"{BASE}/groups/{g}/serverless/{c}/backup/snapshots/{s}", auth=A)
        """, [(4, GET, "GET")]),
    "percent": ("""
        def f(client, g, c):
            return client.get("/groups/%s/serverless/%s/backup/snapshots" % (g, c))
        """, [(3, LIST, "GET")]),
    "percent with names": ("""
        URL = "%(base)s/groups/%(g)s/serverless/%(c)s/backup/restoreJobs"
        def f(g, c):
            return requests.post(URL % {"base": B, "g": g, "c": c}, json={})
        """, [(4, CREATE, "POST")]),
    "format": ("""
        PATH = "/api/atlas/v1.0/groups/{}/serverless/{}/backup/snapshots"
        def f(g, c):
            return session.get(BASE + PATH.format(g, c))
        """, [(4, LIST, "GET")]),
    "format with names": ("""
        ENDPOINTS = {"snapshots": "{base}/groups/{group}/serverless/{name}/backup/snapshots",
                     "flex": "{base}/groups/{group}/flexClusters/{name}/backup/snapshots"}
        def f(g, c):
            a = requests.get(ENDPOINTS["snapshots"].format(base=B, group=g, name=c))
            return requests.get(ENDPOINTS["flex"].format(base=B, group=g, name=c))
        """, [(5, LIST, "GET")]),
    "concatenation": ("""
        def f(gid, name):
            return requests.get(base + "/groups/" + gid + "/serverless/" + name + "/backup/snapshots")
        """, [(3, LIST, "GET")]),
    "concatenation of str()": ("""
        def f(gid, name):
            return requests.delete(base + "/groups/" + str(gid) + "/serverless/" + str(name))
        """, [(3, "deleteServerlessInstance", "DELETE")]),
    "implicit concatenation": ("""
        url = ("https://cloud.mongodb.com/api/atlas/v2"
               f"/groups/{G}"
               "/serverless/x/backup/snapshots")
        r = requests.request("GET", url)
        """, [(5, LIST, "GET")]),
    "urljoin": ("""
        from urllib.parse import urljoin
        def f(g, c):
            return requests.get(urljoin("https://cloud.mongodb.com/api/atlas/v2/", f"groups/{g}/serverless/{c}"))
        """, [(4, INSTANCE, "GET")]),
    "join": ("""
        def f(g, c):
            url = "/".join([BASE, "groups", g, "serverless", c, "backup", "restoreJobs"])
            return requests.post(url)
        """, [(4, CREATE, "POST")]),
    "join of what a function was given": ("""
        def build(*parts):
            return "/".join(str(p) for p in (BASE, *parts))
        def f(g, c):
            return requests.get(build("groups", g, "serverless", c, "backup", "snapshots"))
        """, [(5, LIST, "GET")]),
    "posixpath": ("""
        import posixpath
        def f(g, c):
            return requests.get(posixpath.join(BASE, "groups", g, "serverless", c))
        """, [(4, INSTANCE, "GET")]),
    "a list that grows": ("""
        def f(g, c):
            parts = [BASE, "groups", g]
            parts.append("serverless")
            parts += [c, "backup"]
            parts.extend(["snapshots"])
            return requests.get("/".join(parts))
        """, [(7, LIST, "GET")]),
    "augmented assignment": ("""
        def f(g, c, s=None):
            url = f"{BASE}/groups/{g}/serverless/{c}"
            url += "/backup/snapshots"
            if s:
                url += "/" + s
            return requests.get(url)
        """, [(7, LIST, "GET"), (7, GET, "GET")]),
    "yarl": ("""
        def f(g, c):
            url = URL("https://cloud.mongodb.com") / "api/atlas/v2/groups" / g / "serverless" / c / "backup/snapshots"
            return session.get(url)
        """, [(4, LIST, "GET")]),
    "an unknown URL object": ("""
        def f(root, g, c):
            return session.get(root / "groups" / g / "serverless" / c)
        """, [(3, INSTANCE, "GET")]),
    "string.Template": ("""
        from string import Template
        T = Template("$base/groups/$group/serverless/$name/backup/snapshots")
        def f(g, c):
            return requests.get(T.substitute(base=B, group=g, name=c))
        """, [(5, LIST, "GET")]),
    "a class": ("""
        class Atlas:
            def __init__(self, key, base_url="https://cloud.mongodb.com/api/atlas/v1.0"):
                self.base_url = base_url
                self.session = requests.Session()

            def _get(self, path, **kwargs):
                return self.session.get(self.base_url + path, **kwargs).json()

            def snapshots(self, gid, name):
                return self._get(f"/groups/{gid}/serverless/{name}/backup/snapshots")

            def flex(self, gid, name):
                return self._get(f"/groups/{gid}/flexClusters/{name}/backup/snapshots")
        """, [(11, LIST, "GET")]),
    "a class with a request method": ("""
        class Atlas:
            BASE = "https://cloud.mongodb.com/api/atlas/v2"

            def _request(self, method, path, **kw):
                return requests.request(method, f"{self.BASE}/{path}", **kw)

            def restore(self, g, c, body):
                return self._request("POST", f"groups/{g}/serverless/{c}/backup/restoreJobs", json=body)

            def jobs(self, g, c):
                return self._request(method="GET", path=f"groups/{g}/serverless/{c}/backup/restoreJobs")
        """, [(9, CREATE, "POST"), (12, JOBS, "GET")]),
    "a class with a prefix": ("""
        class Serverless:
            def __init__(self, g, c):
                self.url = f"{BASE}/groups/{g}/serverless/{c}"

            @property
            def backups(self):
                return self.url + "/backup"

            def snapshots(self):
                return requests.get(self.backups + "/snapshots")
        """, [(11, LIST, "GET")]),
    "a base class": ("""
        class Base:
            kind = None
            def snapshots(self, g, c):
                return requests.get(f"{BASE}/groups/{g}/{self.kind}/{c}/backup/snapshots")
        class Serverless(Base):
            kind = "serverless"
        class Flex(Base):
            kind = "flexClusters"
        Flex().snapshots(1, 2)
        Serverless().snapshots(1, 2)
        """, [(11, LIST, "GET")]),
    "super": ("""
        class Base:
            def get(self, path):
                return requests.get(BASE + path)
        class Mine(Base):
            def snaps(self, g, c):
                return super().get(f"/groups/{g}/serverless/{c}/backup/snapshots")
        """, [(7, LIST, "GET")]),
    "a dataclass": ("""
        from dataclasses import dataclass
        @dataclass(frozen=True)
        class Config:
            base: str = "https://cloud.mongodb.com/api/atlas/v2"
            snapshots: str = "/groups/{g}/serverless/{c}/backup/snapshots"
        cfg = Config()
        def f(g, c):
            return requests.get(cfg.base + cfg.snapshots.format(g=g, c=c))
        """, [(9, LIST, "GET")]),
    "an enum": ("""
        from enum import Enum
        class Path(str, Enum):
            SNAPSHOTS = "/groups/{g}/serverless/{c}/backup/snapshots"
            FLEX = "/groups/{g}/flexClusters/{c}/backup/snapshots"
        def f(g, c):
            requests.get(BASE + Path.FLEX.value.format(g=g, c=c))
            return requests.get(BASE + Path.SNAPSHOTS.value.format(g=g, c=c))
        """, [(8, LIST, "GET")]),
    "a helper that returns the URL": ("""
        def snapshots_url(gid, name):
            return f"{BASE}/groups/{gid}/serverless/{name}/backup/snapshots"
        def f():
            return requests.get(snapshots_url("a", "b"), timeout=3)
        """, [(5, LIST, "GET")]),
    "a helper told the kind": ("""
        def url(kind, g, c, *, rest="backup/snapshots"):
            return f"{BASE}/groups/{g}/{kind}/{c}/{rest}"
        def f(g, c):
            requests.get(url("flexClusters", g, c))
            requests.get(url("clusters", g, c))
            requests.get(url("serverless", g, c))
            requests.get(url("serverless", g, c, rest="backup/restoreJobs"))
        """, [(7, LIST, "GET"), (8, JOBS, "GET")]),
    "a lambda": ("""
        url = lambda g, c: f"{BASE}/groups/{g}/serverless/{c}/backup/snapshots"
        requests.get(url(1, 2))
        """, [(3, LIST, "GET")]),
    "a walrus": ("""
        if (r := requests.get(url := f"{BASE}/groups/{G}/serverless/x")).ok:
            print(url)
        """, [(2, INSTANCE, "GET")]),
    "a comprehension": ("""
        all_of_them = [requests.get(f"{BASE}/groups/{g}/serverless/{c}/backup/snapshots").json() for g, c in pairs]
        """, [(2, LIST, "GET")]),
    "a loop over kinds": ("""
        for kind in ("serverless", "flexClusters"):
            requests.get(f"{BASE}/groups/{G}/{kind}/x/backup/snapshots")
        """, [(3, LIST, "GET")]),
    "async with": ("""
        async def f(g, c):
            async with aiohttp.ClientSession() as session:
                async with session.get(f"{BASE}/groups/{g}/serverless/{c}/backup/snapshots") as r:
                    return await r.json()
        """, [(4, LIST, "GET")]),
    "match": ("""
        def f(kind, g, c):
            match kind:
                case "serverless":
                    url = f"{BASE}/groups/{g}/serverless/{c}/backup/snapshots"
                case _:
                    url = f"{BASE}/groups/{g}/clusters/{c}/backup/snapshots"
            return httpx.get(url)
        """, [(8, LIST, "GET")]),
    "if and else": ("""
        def f(flex, g, c):
            if flex:
                path = "flexClusters"
            else:
                path = "serverless"
            return httpx.get(f"{BASE}/groups/{g}/{path}/{c}/backup/snapshots")
        """, [(7, LIST, "GET")]),
    "a conditional expression": ("""
        def f(flex, g, c):
            kind = "flexClusters" if flex else "serverless"
            return httpx.get(f"{BASE}/groups/{g}/{kind}/{c}/backup/snapshots")
        """, [(4, LIST, "GET")]),
    "try": ("""
        def f(g, c):
            try:
                return httpx.get(f"{BASE}/groups/{g}/serverless/{c}/backup/snapshots")
            except httpx.HTTPError:
                return httpx.get(f"{BASE}/groups/{g}/flexClusters/{c}/backup/snapshots")
        """, [(4, LIST, "GET")]),
    "a client with a base URL": ("""
        client = httpx.Client(base_url="https://cloud.mongodb.com/api/atlas/v2")
        client.get("groups/a/serverless")
        """, [(3, INSTANCES, "GET")]),
    "a client with a longer base URL": ("""
        def f(g, c):
            with httpx.Client(base_url=f"https://cloud.mongodb.com/api/atlas/v2/groups/{g}/serverless/{c}") as client:
                client.get("/backup/snapshots")
                client.post("/backup/restoreJobs", json={})
        """, [(4, LIST, "GET"), (5, CREATE, "POST")]),
    "build_request": ("""
        def f(client, g, c):
            request = client.build_request("POST", f"/groups/{g}/serverless/{c}/backup/restoreJobs", json={})
            return client.send(request)
        """, [(3, CREATE, "POST")]),
    "requests.Request": ("""
        def f(s, g, c):
            return s.send(requests.Request("GET", f"{BASE}/groups/{g}/serverless/{c}").prepare())
        """, [(3, INSTANCE, "GET")]),
    "urllib": ("""
        from urllib.request import Request, urlopen
        def f(g, c):
            url = f"https://cloud.mongodb.com/api/atlas/v2/groups/{g}/serverless/{c}/backup/restoreJobs"
            urlopen(Request(url, data=b"{}"))
            urlopen(Request(url, method="GET"))
            urlopen(url)
        """, [(5, CREATE, "POST"), (6, JOBS, "GET"), (7, JOBS, "GET")]),
    "http.client": ("""
        def f(conn, g, c):
            conn.request("GET", "/api/atlas/v1.0/groups/" + g + "/serverless/" + c, headers={})
        """, [(3, INSTANCE, "GET")]),
    "getattr by method": ("""
        def call(method, path):
            return getattr(requests, method.lower())(BASE + path)
        call("POST", "/groups/a/serverless/b/backup/restoreJobs")
        """, [(4, CREATE, "POST")]),
    "keyword arguments in a dict": ("""
        def f(client, g, c):
            kwargs = {"method": "post", "url": "/groups/{}/serverless/{}/backup/restoreJobs".format(g, c)}
            return client.request(**kwargs)
        """, [(4, CREATE, "POST")]),
    "a partial": ("""
        from functools import partial
        fetch = partial(requests.get, f"{BASE}/groups/{G}/serverless/x/backup/snapshots")
        """, [(3, LIST, "GET")]),
    "an alias": ("""
        from requests import get as hole
        hole("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless")
        """, [(3, INSTANCES, "GET")]),
    "a function passed on": ("""
        async def f(g, c):
            url = f"{BASE}/groups/{g}/serverless/{c}"
            return await asyncio.to_thread(requests.get, url)
        """, [(4, INSTANCE, "GET")]),
    "a map over URLs": ("""
        URLS = [f"{BASE}/groups/{G}/serverless/x/backup/snapshots", f"{BASE}/groups/{G}/flexClusters/x"]
        with ThreadPoolExecutor() as pool:
            pool.map(requests.get, URLS)
        """, [(4, LIST, "GET")]),
    "a constant nobody calls": ("""
        SNAPSHOTS = "/api/atlas/v2/groups/{groupId}/serverless/{clusterName}/backup/snapshots"
        JOBS = "/groups/%s/serverless/%s/backup/restoreJobs"
        """, [(2, LIST, None), (3, JOBS, None)]),
    "a prefix used for one thing only": ("""
        INSTANCE = "/groups/%s/serverless/%s"
        SNAPSHOTS = INSTANCE + "/backup/snapshots"
        requests.get(BASE + SNAPSHOTS % (G, C))
        """, [(4, LIST, "GET")]),
    "one constant, three calls": ("""
        URL = f"{BASE}/groups/{G}/serverless/x/backup/restoreJobs"
        requests.get(URL)
        requests.post(URL)
        requests.get(URL + "/" + job)
        """, [(3, JOBS, "GET"), (4, CREATE, "POST"), (5, "getServerlessRestoreJob", "GET")]),
    "a helper from a library": ("""
        def f(g, c):
            return call_atlas("POST", f"/groups/{g}/serverless/{c}/backup/restoreJobs")
        """, [(3, CREATE, "POST")]),
    "a method nobody knows": ("""
        def f(g, c):
            return atlas(f"/groups/{g}/serverless/{c}/backup/restoreJobs")
        """, [(3, JOBS, None)]),
    "a pool of private endpoints": ("""
        def f(g, c):
            return s.get(f"{BASE}/groups/{g}/privateEndpoint/serverless/instance/{c}/endpoint")
        """, [(3, "listServerlessPrivateEndpoint", "GET")]),
    "a group URL from elsewhere": ("""
        def f(self, c):
            return self.s.get(f"{self.group_url}/serverless/{c}/backup/snapshots")
        """, [(3, LIST, "GET")]),
    "a version from elsewhere": ("""
        def f(v, g):
            return s.get(f"https://cloud.mongodb.com/api/atlas/{v}/groups/{g}/serverless")
        """, [(3, INSTANCES, "GET")]),
    "the gateway's address": ("""
        s.get("http://localhost:8480/api/atlas/v2/groups/a/serverless/b/backup/snapshots")
        """, [(2, LIST, "GET")]),
    "curl": ("""
        os.system(f"curl -s --digest -u {KEY} -X POST 'https://cloud.mongodb.com/api/atlas/v2/groups/{G}/serverless/x/backup/restoreJobs'")
        subprocess.run(["curl", "-X", "POST", f"https://cloud.mongodb.com/api/atlas/v2/groups/{G}/serverless/x/backup/restoreJobs"])
        """, [(2, CREATE, "POST"), (3, CREATE, "POST")]),
    "a query appended": ("""
        def f(g, c, query):
            return s.get(f"{BASE}/groups/{g}/serverless/{c}/backup/snapshots{query}")
        """, [(3, LIST, "GET")]),
    "a global in a function": ("""
        URL = None
        def setup():
            global URL
            URL = f"{BASE}/groups/{G}/serverless/x/backup/snapshots"
        setup()
        requests.get(URL)
        """, [(7, LIST, "GET")]),
    "a nested function": ("""
        def outer(g, c):
            base = f"{BASE}/groups/{g}/serverless/{c}"
            def inner():
                return requests.get(base + "/backup/snapshots")
            return inner()
        """, [(5, LIST, "GET")]),
    "os.getenv": ("""
        BASE = os.getenv("ATLAS", "https://cloud.mongodb.com/api/atlas/v2")
        requests.get(BASE + "/groups/a/serverless/b")
        """, [(3, INSTANCE, "GET")]),
    "a generator": ("""
        def urls(g):
            for c in names:
                yield f"{BASE}/groups/{g}/serverless/{c}/backup/snapshots"
        for u in urls(1):
            requests.get(u)
        """, [(6, LIST, "GET")]),
    "a table of endpoints": ("""
        ENDPOINTS = [("POST", "/groups/{g}/serverless/{c}/backup/restoreJobs")]
        """, [(2, CREATE, "POST")]),
    "a default argument": ("""
        def f(path="/groups/a/serverless/b/backup/snapshots"):
            return requests.get(BASE + path)
        """, [(3, LIST, "GET")]),
    "a loop over segments": ("""
        def f(g, c):
            url = BASE
            for part in ("groups", g, "serverless", c):
                url = url + "/" + part
            return requests.get(url)
        """, [(6, INSTANCE, "GET")]),
    "a URL with another path": ("""
        def f(base, g, c):
            url = urlparse(base)._replace(path=f"/groups/{g}/serverless/{c}/backup/restoreJobs")
            return requests.post(url.geturl())
        """, [(4, CREATE, "POST")]),
    "a table of routes in a class": ("""
        class Api:
            ROUTES = {"list": "/groups/{g}/serverless/{c}/backup/snapshots",
                      "flex": "/groups/{g}/flexClusters/{c}/backup/snapshots"}
            def url(self, key, **values):
                return BASE + self.ROUTES[key].format(**values)
            def list(self, g, c):
                return requests.get(self.url("list", g=g, c=c))
            def flex(self, g, c):
                return requests.get(self.url("flex", g=g, c=c))
        """, [(8, LIST, "GET")]),
    "segments as arguments of a method": ("""
        class Api:
            def call(self, verb, *segments, **kw):
                return requests.request(verb, "/".join([self.base, *map(str, segments)]), **kw)
            def restore(self, g, c, body):
                return self.call("POST", "groups", g, "serverless", c, "backup", "restoreJobs", json=body)
            def flex(self, g, c, body):
                return self.call("POST", "groups", g, "flexClusters", c, "backup", "restoreJobs", json=body)
        """, [(6, CREATE, "POST")]),
    "a generator of pages": ("""
        def pages(session, url):
            while url:
                reply = session.get(url)
                yield from reply.json()["results"]
                url = next((link["href"] for link in reply.json()["links"] if link["rel"] == "next"), None)
        def f(session, g, c):
            return list(pages(session, f"{os.environ['BASE']}/groups/{g}/serverless/{c}/backup/snapshots"))
        """, [(8, LIST, "GET")]),
    "replace": ("""
        PATH = "/groups/GROUP/serverless/NAME/backup/snapshots"
        def f(g, c):
            return requests.get(BASE + PATH.replace("GROUP", g).replace("NAME", c))
        """, [(4, LIST, "GET")]),
    "bytes": ("""
        sock.send(b"/api/atlas/v2/groups/a/serverless/b/backup/snapshots")
        """, [(2, LIST, None)]),
    "a raw string with a trailing slash": ("""
        requests.get(r"https://cloud.mongodb.com/api/atlas/v2//groups/a/serverless/b/backup/snapshots/")
        """, [(2, LIST, "GET")]),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_planted_call_is_found(found, name):
    """The call is found at its line, with its operation and method, and nothing else is."""
    program, expected = PROGRAMS[name]
    assert found(program) == [(f":{line}", operation, method) for line, operation, method in expected]


def test_names_are_followed_through_imports(found):
    """Paths and helpers of other scanned files are known where they are called."""
    program = {
        "pkg/__init__.py": "",
        "pkg/urls.py": """
            BASE = "https://cloud.mongodb.com/api/atlas/v2"
            KIND = "serverless"
            def instance(g, c):
                return f"{BASE}/groups/{g}/{KIND}/{c}"
            """,
        "pkg/client.py": """
            import requests
            from . import urls
            from .urls import instance
            def snapshots(g, c):
                return requests.get(instance(g, c) + "/backup/snapshots")
            def jobs(g, c):
                return requests.get(urls.instance(g, c) + "/backup/restoreJobs")
            """,
        "main.py": """
            from pkg.client import snapshots
            snapshots(1, 2)
            """,
    }
    assert found(program) == [
        ("pkg/client:6", LIST, "GET"),
        ("pkg/client:8", JOBS, "GET"),
    ]
