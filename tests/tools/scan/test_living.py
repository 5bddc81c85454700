"""Calls of a surviving path are found if the program uses an ending version; SDK names are the contracts'."""

import json
import re
from pathlib import Path
from textwrap import dedent

import pytest

from shim.core.recognize import shared_engine
from tests.tools.scan.looking import look, put

OLD = "application/vnd.atlas.2023-02-01+json"
PYTHON = """\
    import httpx

    def clusters(group):
        return httpx.get(
            f"https://cloud.mongodb.com/api/atlas/v2/groups/{group}/clusters",
            headers={"Accept": "ACCEPT"},
        )
"""
OTHER = """\

    def other(group):
        head = {"Accept": "ACCEPT"}
        return httpx.get(f"https://cloud.mongodb.com/api/atlas/v2/groups/{group}/other", headers=head)
"""
SDK = """\
    package main

    import (
    \t"context"

    \t"go.mongodb.org/atlas-sdk/VERSION/admin"
    )

    func clusters(ctx context.Context, sdk *admin.APIClient, group string) {
    \tsdk.ClustersApi.ListClusters(ctx, group).Execute()
    }
"""
SHELL = """\
    #!/bin/sh
    curl --digest -u "$KEYS" -H "Accept: ACCEPT" \\
      "https://cloud.mongodb.com/api/atlas/v2/groups/$GROUP/clusters/$NAME/processArgs"
"""


def accepting(program, version):
    return program.replace("ACCEPT", f"application/vnd.atlas.{version}+json")


COMMAND = "    #!/bin/sh\n    atlas api clusters getCluster --groupId g --clusterName c"
USERS = (
    "\n" * 20 + '\n    USERS = {"Accept": "application/vnd.atlas.2023-01-01+json"}\n'
)
DESCRIPTION = """
    paths:
      /api/atlas/v2/groups/{groupId}/clusters:
        get:
          operationId: listClusters
          responses:
            "200":
              content:
                application/vnd.atlas.2023-02-01+json: {}
"""


OLD_GO = """
    import "go.mongodb.org/atlas/mongodbatlas"

    func look(client *mongodbatlas.Client) {
        client.CloudProviderSnapshotBackupPolicies.Get(ctx, group, "orders")
    }
"""


@pytest.mark.parametrize(
    ("name", "program", "operation"),
    [
        *(
            ("a.py", accepting(PYTHON, day), "listClusters")
            for day in ("2023-02-01", "2023-11-15", "2024-08-04")
        ),
        ("a.py", accepting(PYTHON, "2023-01-01"), "listLegacyClusters"),
        ("a.sh", accepting(SHELL, "2023-02-01"), "getProcessArgs"),
        *(
            ("a.py", accepting(PYTHON, day), None)
            for day in ("2024-08-05", "2025-03-12")
        ),
        ("a.py", PYTHON.replace("ACCEPT", "application/json"), None),
        ("a.sh", accepting(SHELL, "2024-08-05"), None),
        # v1.0 ends with these versions, and so do the calls of the Go client before
        # Atlas's SDK
        (
            "a.py",
            PYTHON.replace("/v2/", "/v1.0/").replace("ACCEPT", "application/json"),
            "listLegacyClusters",
        ),
        ("a.go", OLD_GO, "getBackupSchedule"),
        # which send no Accept; v1.5 is 2023-02-01, except for operations that had one
        # form in both
        (
            "a.py",
            accepting(PYTHON.replace("/v2/", "/v1.0/"), "2023-02-01"),
            "listLegacyClusters",
        ),
        (
            "a.py",
            PYTHON.replace("/v2/", "/v1.5/").replace("ACCEPT", "application/json"),
            "listClusters",
        ),
        (
            "a.sh",
            'curl -X POST "https://cloud.mongodb.com/api/atlas/v1.5/groups/$G/clusters/c/restartPrimaries"',
            "testFailover",
        ),
        (
            "a.sh",
            'curl "https://cloud.mongodb.com/api/atlas/v1.5/groups/$G/clusters/c/globalWrites"',
            "getManagedNamespace20230201",
        ),
        # of two versions in a file the newer counts: other endpoints have old versions
        # that live
        ("a.py", accepting(PYTHON, "2024-08-05") + USERS, None),
        ("a.py", accepting(PYTHON, "2023-02-01") + USERS, "listClusters"),
        # but the version in a call or its function has priority over the file's
        (
            "a.py",
            accepting(PYTHON, "2023-02-01") + accepting(OTHER, "2025-02-19"),
            "listClusters",
        ),
        (
            "a.py",
            accepting(PYTHON, "2024-08-05") + accepting(OTHER, "2023-02-01"),
            None,
        ),
        # the date in the import path of Go's SDK decides, not an Accept next to it
        ("a.go", SDK.replace("VERSION", "v20231115014"), "listClusters"),
        ("a.go", SDK.replace("VERSION", "v20240805001"), None),
        (
            "a.go",
            SDK.replace("VERSION", "v20250312001") + f'\n    var other = "{OLD}"\n',
            None,
        ),
        # a command has an option for it
        ("a.sh", f"{COMMAND} --version 2023-02-01\n", "getCluster"),
        ("a.sh", f"{COMMAND} --version 2024-08-05\n", None),
        ("a.sh", f"{COMMAND}\n", None),
        # a specification lists the paths of any version
        ("a.yaml", DESCRIPTION, None),
    ],
)
def test_the_version_in_a_program_decides(tmp_path, name, program, operation):
    """Dates that mean the ending version are found; the successor's date, later dates and no date are not."""
    put(tmp_path / name, dedent(program))
    report = look(tmp_path)
    assert not report.errors
    assert [one.operation.id for one in report.findings] == (
        [operation] if operation else []
    )


def test_the_advice_has_the_version(tmp_path):
    """The path stays the same."""
    (finding,) = look(
        put(tmp_path / "a.py", dedent(accepting(PYTHON, "2023-02-01")))
    ).findings
    assert finding.advice.endswith("clusters (version 2024-08-05) instead.")


CONTRACTS = Path(__file__).parents[2] / "cases" / "contract"
ENGINE = shared_engine({})


def contract_operations():
    """Yield each operation of the contracts of March 2026, with its method and path."""
    for name in (
        "legacy-shared-tier-2026-03.json",
        "legacy-serverless-writes-2026-03.json",
    ):
        for path, methods in json.loads((CONTRACTS / name).read_text("utf-8"))[
            "paths"
        ].items():
            for method, operation in methods.items():
                yield pytest.param(
                    method.upper(), path, operation, id=operation["operationId"]
                )


@pytest.mark.parametrize(("method", "path", "operation"), [*contract_operations()])
def test_both_names_of_the_contract_are_known(method, path, operation):
    """Old generators use the operationId for methods, new SDKs its override, in the notation of Go and Python."""
    target = re.sub(r"\{\w+\}", "a", path)
    match = ENGINE.recognize(
        method, target, (("Accept", "application/vnd.atlas.2023-01-01+json"),)
    )
    assert match is not None
    names = {
        match.operation.id,
        operation["operationId"],
        operation["x-xgen-operation-id-override"],
    }
    assert names == {match.operation.id, *match.operation.aliases}
