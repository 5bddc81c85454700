"""Addresses that the files of one package share."""

import pytest

from tests.tools.scan.looking import look, put

V1 = "/api/atlas/v1.0"
BASE = f"https://cloud.mongodb.com{V1}"


def ids(tmp_path):
    """Return file and operations of each finding."""
    return [
        (one.place.file.rpartition("/")[2], [op.id for op in one.operations])
        for one in look(tmp_path).findings
    ]


def test_a_constant_of_another_file_is_known(tmp_path):
    """Go's packages are folders, for example."""
    put(tmp_path / "client.go", f'package atlas\n\nconst (\n\tatlasAPI  = "{V1}"\n)\n')
    program = """package atlas

const pattern = atlasAPI + "/groups/%s/clusters"

func (c *client) Clusters(group string) { c.do(http.MethodGet, fmt.Sprintf(pattern, group)) }
"""
    put(tmp_path / "clusters.go", program)
    assert ids(tmp_path) == [("clusters.go", ["listLegacyClusters"])]


def test_a_path_is_joined_with_an_imported_base(tmp_path):
    """In Ansible's modules, for example, a helper sends the calls."""
    helper = f'class AtlasAPI:\n    def __init__(self, group):\n        self.url = "{BASE}/groups/" + group\n'
    put(tmp_path / "module_utils" / "atlas.py", helper)
    program = "from ..module_utils.atlas import AtlasAPI\n\natlas = AtlasAPI(path='/clusters', name='a')\n"
    put(tmp_path / "modules" / "cluster.py", program)
    ((file, operations),) = ids(tmp_path)
    assert file == "cluster.py"
    assert "listLegacyClusters" in operations


def test_a_shell_script_uses_settings_of_another(tmp_path):
    """Scripts of one folder read their settings from one of them."""
    put(tmp_path / "settings.sh", f"export ATLAS={BASE}/groups/abc/clusters/one\n")
    put(tmp_path / "list.sh", '. ./settings.sh\ncurl -X POST "$ATLAS/fts/indexes"\n')
    assert ids(tmp_path) == [("list.sh", ["createFtsIndex"])]


def test_a_script_without_the_word_atlas_is_read_with_its_sources(tmp_path):
    """Only the file of settings has the word."""
    put(tmp_path / "settings.sh", f"BASE={BASE}/groups/abc\n")
    put(tmp_path / "list.sh", '. ./settings.sh\ncurl "$BASE/serverless"\n')
    assert ids(tmp_path) == [("list.sh", ["listServerlessInstances"])]


@pytest.mark.parametrize(("other", "text"), [
    ("far/away/from/here/client.py", "get('/groups/a/clusters')  # atlas"),
    ("client.py", "get('/orders/1')  # atlas"),
    ("client.py", "get('/groups/a/clusters')"),
], ids=["another package", "another API", "no word of Atlas"])  # fmt: skip
def test_a_path_of_another_api_is_not_found(tmp_path, other, text):
    """A base is joined only with paths of its own package."""
    put(tmp_path / other, f'BASE = "{BASE}"\n')
    put(tmp_path / "a.py", f"{text}\n")
    assert ids(tmp_path) == []


def test_a_name_with_two_addresses_has_none(tmp_path):
    """If two files of a folder set one name, neither value is used for the other file."""
    put(tmp_path / "a.go", f'package x\n\nconst api = "{V1}"\n')
    put(
        tmp_path / "b.go",
        'package x\n\nconst api = "https://cloud.mongodb.com/api/atlas/v2"\n',
    )
    put(
        tmp_path / "c.go",
        'package x\n\nfunc f() { http.Get(api + "/groups/atlas/clusters") }\n',
    )
    assert ids(tmp_path) == []


@pytest.mark.parametrize("read", [
    "os.getenv('BASE', '{}')", "os.environ.get('BASE', '{}')", "config.get('base', '{}')",
])  # fmt: skip
def test_the_default_of_a_variable_is_its_value(tmp_path, read):
    """Without the environment variable the program calls its default."""
    put(
        tmp_path / "a.py",
        f"import os\n\nBASE = {read.format(BASE)}\nget(BASE + '/groups/a/clusters')\n",
    )
    assert ids(tmp_path) == [("a.py", ["listLegacyClusters"])]


def test_a_function_of_the_package_is_not_a_client_s_method(tmp_path):
    """Its own call is found in its place, with its version."""
    new = "application/vnd.atlas.2024-08-05+json"
    client = f'''"""For {BASE}, once."""
class Client:
    def get_clusters(self, group):
        return self.get_all(f"/groups/{{group}}/clusters", accept="{new}")
'''
    put(tmp_path / "client.py", client)
    put(
        tmp_path / "report.py",
        "from mongodbatlas.client import Client\n\natlas = Client()\nclusters = atlas.get_clusters('a')\n",
    )
    assert ids(tmp_path) == []


def test_a_call_s_version_has_priority_over_a_docstring(tmp_path):
    """A base's docstring may be outdated."""
    new = "application/vnd.atlas.2023-02-01+json"
    program = f'''def remove(group, name):
    """DELETE {V1}/groups/GROUP/clusters/CLUSTER."""
    return delete(f"/groups/{{group}}/clusters/{{name}}", accept="{new}")
'''
    put(tmp_path / "a.py", program)
    assert ids(tmp_path) == []


@pytest.mark.parametrize(("name", "operations"), [
    ("get_all", ["listLegacyClusters"]), ("ask", ["listLegacyClusters", "createCluster20230101"]),
])  # fmt: skip
def test_a_function_s_name_shows_a_read(tmp_path, name, operations):
    """With any other name it may also write."""
    put(tmp_path / "base.py", f'BASE = "{BASE}"\n')
    put(tmp_path / "a.py", f"# Atlas\nclient.{name}('/groups/a/clusters')\n")
    assert ids(tmp_path) == [("a.py", operations)]
