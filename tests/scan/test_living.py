"""Of operations whose path lives on only such uses are found that name a version which ends."""

import pytest

OLD, NEW = "application/vnd.atlas.2023-02-01+json", "application/vnd.atlas.2024-08-05+json"
PYTHON = """\
    import httpx

    def clusters(group):
        return httpx.get(
            f"https://cloud.mongodb.com/api/atlas/v2/groups/{group}/clusters",
            headers={"Accept": "ACCEPT"},
        )
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
PROGRAMS = {
    "program.py": (PYTHON, "listClusters"),
    "program.sh": (SHELL, "getProcessArgs"),
}


def operations(report):
    return [operation for _, operation, _ in report]


@pytest.mark.parametrize("version", ["2023-02-01", "2023-11-15", "2024-08-04"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_names_an_old_version_is_found(found, name, version):
    """Any date that the old version answers to."""
    text, operation = PROGRAMS[name]
    accept = f"application/vnd.atlas.{version}+json"
    assert operations(found({name: text.replace("ACCEPT", accept)})) == [operation]


@pytest.mark.parametrize("accept", [NEW, "application/vnd.atlas.2025-03-12+json", "application/json"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_names_the_new_version_or_none_is_not(found, name, accept):
    """The same calls with the successor's version, a later one, or none."""
    assert found({name: PROGRAMS[name][0].replace("ACCEPT", accept)}) == []


def test_the_first_version_is_told_from_the_second(found):
    """Each version has an operation of its own."""
    program = PYTHON.replace("ACCEPT", "application/vnd.atlas.2023-01-01+json")
    assert operations(found(program)) == ["listLegacyClusters"]


@pytest.mark.parametrize(("version", "count"), [("v20231115014", 1), ("v20240530005", 1), ("v20240805001", 0)])
def test_the_version_of_gos_sdk_counts(found, version, count):
    """By the date in its import path; the name of a method alone says nothing."""
    assert len(found({"program.go": SDK.replace("VERSION", version)})) == count


def test_an_old_accept_says_nothing_of_an_sdk(found):
    """The SDK's own version decides, not an Accept beside it."""
    program = SDK.replace("VERSION", "v20250312001") + f'\n    var other = "{OLD}"\n'
    assert found({"program.go": program}) == []


def test_of_two_versions_in_a_file_the_newer_counts(found):
    """Other endpoints have old versions that live."""
    users = '\n    USERS = {"Accept": "application/vnd.atlas.2023-01-01+json"}\n'
    assert found(PYTHON.replace("ACCEPT", NEW) + "\n" * 20 + users) == []
    assert operations(found(PYTHON.replace("ACCEPT", OLD) + "\n" * 20 + users)) == ["listClusters"]


def test_the_first_interface_is_none_of_it(found):
    """API v1.0 announces no end of these paths."""
    assert found(PYTHON.replace("/v2/", "/v1.0/").replace("ACCEPT", OLD)) == []


def test_a_command_counts_with_its_version(found):
    """``atlas api`` names it by an option."""
    command = "    #!/bin/sh\n    atlas api clusters getCluster --groupId g --clusterName c"
    assert operations(found({"program.sh": f"{command} --version 2023-02-01\n"})) == ["getCluster"]
    assert found({"program.sh": f"{command} --version 2024-08-05\n"}) == []
    assert found({"program.sh": f"{command}\n"}) == []


def test_the_advice_names_the_version(found):
    """The path stays."""
    (finding,) = found(PYTHON.replace("ACCEPT", OLD), full=True).findings
    assert finding.advice.endswith("clusters (version 2024-08-05) instead.")


def test_a_description_of_the_interface_is_no_use(found):
    """It lists the paths of any version."""
    path = """
    paths:
      /api/atlas/v2/groups/{groupId}/clusters:
        get:
          operationId: listClusters
          responses:
            "200":
              content:
                application/vnd.atlas.2023-02-01+json: {}
    """
    assert found({"program.yaml": path}) == []
