"""Callers declared in documents: methods of clients, commands, resources; they count if the tree's versions call."""

import re
from textwrap import dedent

import pytest

from shim.core.recognize import load_engine
from shim.core.settings import Settings
from shim.documents.load import CALLER
from shim.tools.scan.pins import ANY, limit
from shim.tools.scan.scanning import scan
from tests.core.small import START, operation
from tests.tools.scan.looking import AT, ENGINE, look, put

GONE = 'resource = "any"\ntier.successor = { path = "/api/atlas/v2/groups/{groupId}/stands%s", version = "2026-06-01" }'
DOCUMENT = f"""{START}
resource.any.rest = true
{operation("getKiosk", "GET", "/groups/{groupId}/users/{kiosk}", GONE % "/{kiosk}")}
{operation("createKiosk", "POST", "/groups/{groupId}/users", GONE % "")}
[callers]
"sdk KiosksApi.getKiosk" = "getKiosk"
"sdk KiosksApi.FetchKiosk <20240530001" = "getKiosk"
"sdk Kiosks.Create" = "createKiosk"
"atlas kiosks describe" = "getKiosk"
"atlas kiosks create <1.20.0" = "createKiosk"
"resource mongodbatlas_kiosk <1.15.0" = ["getKiosk", "createKiosk"]
"resource mongodbatlas_stand" = "createKiosk"
"data mongodbatlas_kiosk >=1.10.0 <1.15.0" = "getKiosk"
"word MongoDB::Atlas::Kiosks" = "createKiosk"
"word AtlasKiosk <2.3.0" = "createKiosk"
"""
MAIN = 'resource "mongodbatlas_kiosk" "a" {\n}\n\ndata "mongodbatlas_kiosk" "b" {\n}\n'
REQUIRED = """\
    terraform {
      required_providers {
        mongodbatlas = {
          source  = "mongodb/mongodbatlas"
          version = "%s"
        }
      }
    }
"""
LOCK = 'provider "registry.terraform.io/mongodb/mongodbatlas" {\n  version     = "%s"\n  constraints = ">= 1.0"\n}\n'
GO = """\
    package main

    func f(api *admin.KiosksApiService, other *hub.Client) {
    \tapi.FetchKiosk(ctx, "a")
    \tsdk.KiosksApi.GetKiosk(ctx, "a")
    \tother.Stalls.GetKiosk(ctx, "mongodb-atlas")
    }
"""
TS = """\
    import * as atlas from "@pulumi/mongodbatlas";
    import * as aws from "@pulumi/aws";

    const a = new atlas.Kiosk("a", {});
    const b = new aws.ecs.Kiosk("b", {});
"""
NPM = '{"dependencies": {"@pulumi/mongodbatlas": "%s"}}'
GET = "requests.get(f'https://%s/users/{u}')\n"
PY = "import pulumi_mongodbatlas as mongodb\nimport pulumi_aws as aws\n\nmongodb.Kiosk('a')\naws.ecs.Kiosk('b')\n"
BOTH = [("main.tf", 1, "createKiosk"), ("main.tf", 4, "getKiosk")]
OLD_GO = [("a.go", 4, "getKiosk"), ("a.go", 5, "getKiosk")]


@pytest.fixture(scope="module")
def found_in(tmp_path_factory):
    documents = put(tmp_path_factory.mktemp("documents") / "things.toml", DOCUMENT)
    engine = load_engine({"ATLAS_SHIM_MAPPINGS": str(documents)})

    def found(files):
        root = tmp_path_factory.mktemp("tree")
        for name, text in files.items():
            put(root / name, dedent(text))
        report = scan([root], engine, Settings(), AT)
        assert not report.errors
        return [
            (
                one.place.file.removeprefix(f"{root.as_posix()}/"),
                one.place.line,
                one.operation.id,
            )
            for one in report.findings
        ]

    return found


@pytest.mark.parametrize(
    ("files", "found"),
    [
        # Terraform: a constraint next to it, a lock file above it, roots elsewhere in
        # the tree
        *(({"main.tf": MAIN, "versions.tf": REQUIRED % pin}, BOTH) for pin in ("1.14.9", "~> 1.14.0", "< 1.15")),
        *(({"main.tf": MAIN, "versions.tf": REQUIRED % pin}, []) for pin in ("1.15.0", "~> 1.14", ">= 1.4")),
        ({"main.tf": MAIN}, []),
        ({"main.tf": MAIN, "v.tf": REQUIRED % "1.9.0"}, BOTH[:1]),
        ({"main.tf": MAIN, "v.tf": REQUIRED % ">= 1.4", ".terraform.lock.hcl": LOCK % "1.14.0"}, BOTH),
        ({"m/main.tf": MAIN, "m/v.tf": REQUIRED % ">= 1.4", ".terraform.lock.hcl": LOCK % "1.14.0"},
         [(f"m/{name}", line, one) for name, line, one in BOTH]),
        ({"m/main.tf": MAIN, "prod/.terraform.lock.hcl": LOCK % "1.14.0"},
         [(f"m/{name}", line, one) for name, line, one in BOTH]),
        ({"m/main.tf": MAIN, "a/.terraform.lock.hcl": LOCK % "1.14.0", "b/.terraform.lock.hcl": LOCK % "2.1.0"}, []),
        ({"main.tf": '# resource "mongodbatlas_stand" "a"\nresource "mongodbatlas_stand" "a" {}\n'},
         [("main.tf", 2, "createKiosk")]),
        # Pulumi: its provider of version 3.13.0 wraps Terraform's of 1.14.0, 3.14.0
        # that of 1.15.0
        ({"a.ts": TS, "package.json": NPM % "3.13.0"}, [("a.ts", 4, "createKiosk")]),
        *(({"a.ts": TS, "package.json": NPM % pin}, []) for pin in ("^3.13.0", "3.14.0")),
        ({"a.ts": TS}, []),
        ({"a.py": PY, "requirements.txt": "pulumi-mongodbatlas==3.13.0\n"}, [("a.py", 4, "createKiosk")]),
        ({"a.py": PY, "requirements.txt": "pulumi-mongodbatlas>=3.14,<4\n"}, []),
        ({"Pulumi.yaml": "resources:\n  a:\n    type: mongodbatlas:Stand\n"}, [("Pulumi.yaml", 3, "createKiosk")]),
        # CDKTF uses Terraform's provider, whatever Pulumi's is next to it
        ({"a.ts": 'import { Kiosk } from "./.gen/providers/mongodbatlas/kiosk";\nnew Kiosk(this, "a", {});\n',
          "cdktf.json": '{"terraformProviders": ["mongodb/mongodbatlas@~> 1.14.0"]}', "b/package.json": NPM % "4.0.0"},
         [("a.ts", 2, "createKiosk")]),
        # the version of Atlas's SDK for Go: in the file, or in go.mod
        ({"a.go": GO.replace("func", 'import "go.mongodb.org/atlas-sdk/v20231115014/admin"\n\n    func')},
         [("a.go", 6, "getKiosk"), ("a.go", 7, "getKiosk")]),
        ({"a.go": GO, "go.mod": "require go.mongodb.org/atlas-sdk/v20231115014 v20231115014.0.0\n"}, OLD_GO),
        ({"a.go": GO, "go.mod": "require go.mongodb.org/atlas-sdk/v20240530001 v20240530001.0.0\n"}, OLD_GO[1:]),
        ({"a.go": GO}, OLD_GO[1:]),
        # a service, whatever its variable
        ({"a.py": "# MongoDB Atlas\napi = KiosksApi(client)\napi.get_kiosk('a')\nshop.get_kiosk('a')\n"},
         [("a.py", 3, "getKiosk")]),
        ({"A.java": "// mongodb-atlas\nclass A { KiosksApi api; void f() {\n  api.getKiosk(a); s.getKiosk(a);\n} }\n"},
         [("A.java", 3, "getKiosk")]),
        # the Atlas CLI, and the version of its image
        ({"a.sh": "atlas kiosk get a -o json\natlas kiosks create b\nariga atlas describe\n"},
         [("a.sh", 1, "getKiosk")]),
        ({"Dockerfile": "FROM mongodb/atlas:v1.19.0\nRUN atlas kiosks create b\n"}, [("Dockerfile", 2, "createKiosk")]),
        ({"Dockerfile": "FROM mongodb/atlas:v1.20.0\nRUN atlas kiosks create b\n"}, []),
        # CloudFormation, CDK and the operator
        ({"a.yaml": "Resources:\n  A:\n    Type: MongoDB::Atlas::Kiosks\n"}, [("a.yaml", 3, "createKiosk")]),
        ({"a.ts": 'import { CfnKiosks } from "awscdk-resources-mongodbatlas";\nnew CfnKiosks(this, "a");\n'},
         [("a.ts", 2, "createKiosk")]),
        ({"a.ts": 'import { CfnKiosks } from "elsewhere";\nnew CfnKiosks(this, "a");\n// mongodbatlas\n'}, []),
        ({"a.yaml": "kind: AtlasKiosk\n", "b.yaml": "image: mongodb/mongodb-atlas-kubernetes-operator:2.2.1\n"},
         [("a.yaml", 1, "createKiosk")]),
        ({"a.yaml": "kind: AtlasKiosk\n"}, []),
        # paths that many APIs have
        ({"a.py": GET % "other.example/groups/{g}" + "requests.get(f'{BASE}/users/{u}')\n"}, []),
        ({"a.py": GET % "cloud.mongodb.com/api/atlas/v2/orgs/{o}"}, []),
        ({"a.py": GET % "cloud.mongodb.com/api/atlas/v2/groups/{g}"}, [("a.py", 1, "getKiosk")]),
        ({"a.py": "requests.post(f'https://cloud.mongodb.com/api/atlas/v2/groups/{g}/users/{u}:addRole')\n"}, []),
    ],
)  # fmt: skip
def test_a_caller_counts_if_the_pinned_version_calls(found_in, files, found):
    """Newer versions, other vendors' names and comments aren't findings."""
    assert found_in(files) == found


def test_files_above_a_path_in_its_repository_count(tmp_path):
    """The path of a folder means the program that contains it."""
    put(tmp_path / ".git" / "HEAD", "")
    put(tmp_path / "versions.tf", dedent(REQUIRED % "1.17.3"))
    put(tmp_path / "a" / "main.tf", 'resource "mongodbatlas_search_index" "a" {}\n')
    assert [one.place.line for one in look(tmp_path / "a").findings] == [1]


@pytest.mark.parametrize(
    ("constraint", "newest"),
    [
        ("1.15.0", (1, 15, 0, 1)), ("v1.15", (1, 15, 0, 1)), ("= 1.15", (1, 15, 0, 1)), ("<= 1.41", (1, 41, 0, 1)),
        ("~> 1.15", (2, 0, 0, 0)), ("~> 1.15.0", (1, 16, 0, 0)), ("~> 1", ANY), (">= 1.4, < 2.0", (2, 0, 0, 0)),
        (">= 1.10", ANY), ("!= 1.2, ~> 1.2", (2, 0, 0, 0)), ("*", ANY), ("latest", ANY),
        ("^3.14.0", (4, 0, 0, 0)), ("^0.3.1", (0, 4, 0, 0)), ("~3.14.0", (3, 15, 0, 0)), ("3.x", (4, 0, 0, 0)),
        ("^1.0 || ^2.0", (3, 0, 0, 0)), ("==3.14.*", (3, 15, 0, 0)), ("~=3.14", (4, 0, 0, 0)),
    ],
)  # fmt: skip
def test_the_newest_version_of_a_constraint_counts(constraint, newest):
    """It is parsed as Terraform, npm and pip do."""
    assert limit(constraint) == newest


@pytest.mark.parametrize("document", ENGINE.documents, ids=lambda one: one.name)
def test_the_callers_of_shipped_documents_are_valid(document):
    """Shipped documents are not checked when a program starts."""
    assert all(CALLER.fullmatch(name) for name in document.callers)
    called = {one for names in document.callers.values() for one in names}
    assert called <= {one.id for one in document.operations}


SDK = 'package a\n\nimport "go.mongodb.org/atlas-sdk/%s/admin"\n\nfunc f(c *admin.APIClient) {\n\tc.%s(ctx, "a")\n}\n'


@pytest.mark.parametrize(
    ("name", "program", "path"),
    [
        (
            "a.go",
            SDK % ("v20231115014", "AtlasSearchApi.CreateAtlasSearchIndex"),
            "clusters/{}/fts/indexes",
        ),
        ("a.go", SDK % ("v20240530001", "AtlasSearchApi.CreateAtlasSearchIndex"), None),
        (
            "a.go",
            SDK % ("v20250312023", "AtlasSearchAPI.CreateClusterFtsIndex"),
            "clusters/{}/fts/indexes",
        ),
        (
            "a.go",
            SDK % ("v20250312023", "TeamsAPI.RemoveUserFromTeam"),
            "teams/{}/users/{}",
        ),
        (
            "a.go",
            SDK % ("v20250219001", "MongoDBCloudUsersApi.RemoveUserFromTeam"),
            None,
        ),
        ("a.go", SDK % ("v20231115014", "AlertsApi.AcknowledgeAlert"), "alerts/{}"),
        ("a.go", SDK % ("v20240530001", "AlertsApi.AcknowledgeAlert"), None),
        ("a.go", SDK % ("v20231115014", "Hub.GetUser"), None),
        (
            "main.tf",
            REQUIRED % "1.17.3" + 'resource "mongodbatlas_search_index" "a" {}\n',
            "clusters/{}/fts/indexes",
        ),
        (
            "main.tf",
            REQUIRED % "1.17.4" + 'resource "mongodbatlas_search_index" "a" {}\n',
            None,
        ),
        (
            "main.tf",
            REQUIRED % "2.16.0" + 'resource "mongodbatlas_org_invitation" "a" {}\n',
            "orgs/{}/invites",
        ),
        (
            "main.tf",
            REQUIRED % "2.16.0"
            + 'resource "mongodbatlas_cloud_backup_schedule" "a" {}\n',
            None,
        ),
        (
            "a.yaml",
            "A:\n  Type: MongoDB::Atlas::ProjectInvitation\n",
            "groups/{}/invites",
        ),
        ("a.yaml", "A:\n  Type: MongoDB::Atlas::SearchIndex\n", None),
        ("a.sh", "atlas users describe --id 1\n", "users/{}"),
        ("a.sh", "atlas clusters search nodes list\n", None),
    ],
)
def test_the_names_of_2027_are_those_of_the_tools(tmp_path, name, program, path):
    """They come from the code of their old and new releases."""
    put(tmp_path / name, program)
    found = {
        re.sub(r"{\w+}", "{}", one.operation.path.text)
        for one in look(tmp_path).findings
    }
    assert (
        (found == set())
        if path is None
        else [one for one in found if one.endswith(f"/{path}")]
    )


NPM = """
const getClient = require("mongodb-atlas-api-client");
const client = getClient({ publicKey: "a", privateKey: "b", projectId: "c" });
async function main() {
  const { cluster } = client;
  await client.cluster.getAll();
  await client.atlasUser.getByName("y");
  await client.organization.invite("o", { username: "y" });
  await client.atlasSearch.getAll("c", "d", "e");
  await cluster.update("x", {});
  await client.alert.getAll();
  cluster.size("x");
}
"""


def test_a_package_s_methods_need_the_package(tmp_path):
    """``getAll`` alone may belong to any package, so it isn't a finding."""
    (tmp_path / "a.js").write_text(NPM)
    (tmp_path / "b.js").write_text(
        NPM.replace("mongodb-atlas-api-client", "mongodb-atlas-toys")
    )
    found = scan([tmp_path], load_engine({}), Settings(), AT).findings
    assert [(one.place.line, one.kind, one.operation.id) for one in found] == [
        (6, "package", "listLegacyClusters"),
        (7, "package", "getUserByName"),
        (8, "package", "createOrgInvite"),
        (9, "package", "listFtsIndexes"),
        (10, "package", "updateCluster20230101"),
    ]
    assert {one.place.file for one in found} == {str(tmp_path / "a.js")}
