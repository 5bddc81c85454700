"""What Python's own functions and well-known libraries make of a path is followed too."""

import pytest

PATH = 'f"/groups/{g}/serverless/{c}/backup/restoreJobs"'

LINES = {
    "cast": f"cast(str, {PATH})",
    "str": f"str({PATH})",
    "copy": f"copy({PATH})",
    "enumerate": f"[p for _, p in enumerate([{PATH}])][0]",
    "zip": f"[p for _, p in zip(['a'], [{PATH}])][0]",
    "next": f"next(iter([{PATH}]))",
    "chain": f"[p for p in chain(['x'], [{PATH}])][0]",
    "filter": f"[p for p in filter(None, [{PATH}])][0]",
    "values": f"[p for p in {{'a': {PATH}}}.values()][0]",
    "items": f"[p for _, p in {{'a': {PATH}}}.items()][0]",
    "dict.get": f"{{'a': {PATH}}}.get('a')",
    "dict.get with a default": f"{{}}.get('a', {PATH})",
    "environ.get": f"os.environ.get('A', {PATH})",
    "dict()": f"dict(a={PATH})['a']",
    "a union of dicts": f"({{'b': 1}} | {{'a': {PATH}}})['a']",
    "a namespace": f"SimpleNamespace(a={PATH}).a",
    "sorted": f"sorted([{PATH}])[0]",
    "urlunsplit": f"urlunsplit(('https', 'cloud.mongodb.com', '/api/atlas/v2' + {PATH}, '', ''))",
    "URL.build": f"URL.build(scheme='https', host='cloud.mongodb.com', path='/api/atlas/v2' + {PATH})",
    "httpx.URL": f"httpx.URL('https://cloud.mongodb.com', path='/api/atlas/v2' + {PATH})",
    "copy_with": f"httpx.URL(base).copy_with(path={PATH})",
    "URL.join": f"httpx.URL('https://cloud.mongodb.com/api/atlas/v2').join({PATH})",
    "strip": f"{PATH}.strip().lstrip('/')",
    "removeprefix": f"('x' + {PATH}).removeprefix('x')",
    "encode": f"{PATH}.encode()",
    "replace": 'f"/groups/{g}/flexClusters/{c}/backup/restoreJobs".replace("flexClusters", "serverless")',
    "format_map": "'/groups/{g}/serverless/{c}/backup/restoreJobs'.format_map({'g': g, 'c': c})",
    "a braced template": "Template('/groups/${g}/serverless/x/backup/restoreJobs').safe_substitute({'g': g})",
    "lower": "f'/groups/{g}/' + 'SERVERLESS'.lower() + f'/{c}/backup/restoreJobs'",
    "a map of str": "'/'.join(map(str, ('groups', g, 'serverless', c, 'backup', 'restoreJobs')))",
    "a path object": "PurePosixPath('/groups', g, 'serverless', c, 'backup', 'restoreJobs')",
    "quote": f"quote({PATH})",
    "or": f"None or {PATH}",
    "a tuple index": f"('x', {PATH})[1]",
    "a sum of lists": "'/'.join(['groups', g] + ['serverless', c] + ['backup', 'restoreJobs'])",
    "a starred list": "'/'.join([*('groups', g, 'serverless'), c, 'backup', 'restoreJobs'])",
    "a doubled percent": "'/groups/%s/serverless/%s/backup/restoreJobs?q=%%' % (g, c)",
    "one percent": "'/groups/%s/serverless/x/backup/restoreJobs' % g",
    "a builder of somebody's": "build_url('groups', g, 'serverless', c, 'backup', 'restoreJobs')",
    "an attribute of an attribute": "f'{self.a.b.root}/groups/{g}/serverless/{c}/backup/restoreJobs'",
    "await": f"(await resolve_url({PATH}))",
}


@pytest.mark.parametrize("name", LINES)
def test_a_path_is_followed(found, name):
    """The POST is found where it is made."""
    program = f"""
        async def f(self, base, g, c):
            url = {LINES[name]}
            return await client.post(url, json={{}})
        """
    assert found(program) == [(":4", "createServerlessRestoreJob", "POST")]
