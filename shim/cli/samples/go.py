"""A call as Go, for Atlas' own SDK, whose models have the right types by themselves.

The names are those of go.mongodb.org/atlas-sdk, its pages in ``docs/docs``.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from shim.cli.code_samples import ORIGIN, NextCall, Source
from shim.cli.fields import field_lines
from shim.cli.samples.names import CLIENT, PRIVATE, PUBLIC, SECRET, camel, parameters
from shim.core.query import MOST

SDK = "go.mongodb.org/atlas-sdk/v20250312025/admin"
"""The package: the version that the names below were looked up in."""


@attrs.frozen
class Function:
    """A function of the SDK: its service, its name, the model of an item or of its body, where there is one."""

    service: str
    name: str
    item: str = ""
    body: str = ""
    swapped: bool = False
    has_id: bool = True


_FLEX, _CLUSTERS = "/flexClusters/{}/backup", "/clusters/{}/backup"
_SNAPSHOT, _JOB, _CLUSTER = (
    "FlexBackupSnapshot20241113",
    "FlexBackupRestoreJob20241113",
    "FlexClusterDescription20241113",
)
_FUNCTIONS = {
    f"GET {_FLEX}/snapshots": Function("FlexSnapshotsAPI", "ListFlexBackupSnapshots", _SNAPSHOT),
    f"GET {_FLEX}/snapshots/{{}}": Function("FlexSnapshotsAPI", "GetFlexBackupSnapshot", _SNAPSHOT),
    f"POST {_FLEX}/download": Function(
        "FlexSnapshotsAPI", "DownloadFlexBackup", _JOB, "FlexBackupSnapshotDownloadCreate20241113", swapped=True
    ),
    f"GET {_FLEX}/restoreJobs": Function("FlexRestoreJobsAPI", "ListFlexRestoreJobs", _JOB),
    f"GET {_FLEX}/restoreJobs/{{}}": Function("FlexRestoreJobsAPI", "GetFlexRestoreJob", _JOB),
    f"POST {_FLEX}/restoreJobs": Function(
        "FlexRestoreJobsAPI", "CreateFlexRestoreJob", _JOB, "FlexBackupRestoreJobCreate20241113"
    ),
    "GET /flexClusters": Function("FlexClustersAPI", "ListFlexClusters", _CLUSTER),
    "GET /flexClusters/{}": Function("FlexClustersAPI", "GetFlexCluster", _CLUSTER),
    "POST /flexClusters": Function(
        "FlexClustersAPI", "CreateFlexCluster", _CLUSTER, "FlexClusterDescriptionCreate20241113"
    ),
    "PATCH /flexClusters/{}": Function(
        "FlexClustersAPI", "UpdateFlexCluster", _CLUSTER, "FlexClusterDescriptionUpdate20241113"
    ),
    "DELETE /flexClusters/{}": Function("FlexClustersAPI", "DeleteFlexCluster"),
    f"GET {_CLUSTERS}/snapshots": Function("CloudBackupsAPI", "ListBackupSnapshots", "DiskBackupReplicaSet"),
    f"GET {_CLUSTERS}/snapshots/{{}}": Function("CloudBackupsAPI", "GetClusterBackupSnapshot", "DiskBackupReplicaSet"),
    f"GET {_CLUSTERS}/restoreJobs": Function(
        "CloudBackupsAPI", "ListBackupRestoreJobs", "DiskBackupSnapshotRestoreJob"
    ),
    f"GET {_CLUSTERS}/restoreJobs/{{}}": Function(
        "CloudBackupsAPI", "GetBackupRestoreJob", "DiskBackupSnapshotRestoreJob"
    ),
    f"POST {_CLUSTERS}/restoreJobs": Function(
        "CloudBackupsAPI", "CreateBackupRestoreJob", "DiskBackupSnapshotRestoreJob", "DiskBackupSnapshotRestoreJob"
    ),
    "GET /clusters": Function("ClustersAPI", "ListClusters", "ClusterDescription20240805"),
    "GET /clusters/{}": Function("ClustersAPI", "GetCluster", "ClusterDescription20240805"),
    "GET /clusters/{}/processArgs": Function(
        "ClustersAPI", "GetProcessArgs", "ClusterDescriptionProcessArgs20240805", has_id=False
    ),
}
"""Method and path below the project -> function."""

_NESTED = {"providerSettings": "FlexProviderSettingsCreate20241113"}
"""Member of a body -> its model."""

_AUTH = {
    "digest": f'admin.UseDigestAuth(os.Getenv("{PUBLIC}"), os.Getenv("{PRIVATE}"))',
    "bearer": f'admin.UseOAuthAuth(ctx, os.Getenv("{CLIENT}"), os.Getenv("{SECRET}"))',
}
_CHECK = ("if err != nil {", "\tlog.Fatal(err)", "}")


def go_code(call: NextCall, source: Source, auth: str) -> str:
    """Return a program, or nothing for a call that the SDK is not known to have; it prints ids."""
    below = re.sub(r"\{\w+\}", "{}", source.target.path.text).removeprefix("/api/atlas/v2/groups/{}")
    function = _FUNCTIONS.get(f"{call.method} {below}")
    if function is None:
        return ""
    if source.operation.shape != "one":
        lines = [*_all_pages(function, source), *_sort(source), *_fields(source)]
        lines += ["for _, one := range items {", "\tfmt.Println(one.GetId())", "}"]
    else:
        lines = [*_body(function, call.body or {}), *_one(function, source)]
        shown = "fmt.Println(result.GetId())" if function.has_id else 'fmt.Printf("%+v\\n", *result)'
        lines += [*_fields(source), shown] if function.item else []
    lines = [*(f"// {pair} of the query is not asked for here." for pair in source.query.foreign), *lines]
    base = [] if source.origin == ORIGIN else [f"admin.UseBaseURL({_quoted(source.origin)})"]
    opening = [
        "ctx := context.Background()",
        *(f"{camel(name)} := {_quoted(text)}" for name, text in parameters(source) if name in _used(source)),
        f"sdk, err := admin.NewClient({', '.join([*base, _AUTH[auth]])})",
        *_CHECK,
    ]
    body = "\n".join(f"\t{line}" for line in [*opening, *lines])
    told = re.sub("//.*", "", body)
    names = ("context", "fmt", "log", "os", "sort", "time")
    packages = "\n".join(f'\t"{name}"' for name in names if f"{name}." in told)
    return f'package main\n\nimport (\n{packages}\n\n\t"{SDK}"\n)\n\nfunc main() {{\n{body}\n}}'


def _used(source: Source) -> Sequence[str]:
    return source.target.path.parameters


def _call(function: Function, source: Source) -> str:
    given = [camel(name) for name in _used(source)]
    given = given[::-1] if function.swapped else given
    body = ["&body"] if function.body else []
    return f"sdk.{function.service}.{function.name}({', '.join(['ctx', *given, *body])})"


def _one(function: Function, source: Source) -> Iterator[str]:
    answer = "result, _, err" if function.item else "_, err"
    yield f"{answer} {':=' if function.item else '='} {_call(function, source)}.Execute()"
    yield from _CHECK


def _all_pages(function: Function, source: Source) -> list[str]:
    return [
        f"var items []admin.{function.item}",
        "for page, more := 1, true; more; page++ {",
        f"\tanswer, _, err := {_call(function, source)}.",
        f"\t\tItemsPerPage({MOST}).PageNum(page).Execute()",
        *(f"\t{line}" for line in _CHECK),
        "\titems = append(items, answer.GetResults()...)",
        "\tmore = false",
        "\tfor _, link := range answer.GetLinks() {",
        '\t\tmore = more || link.GetRel() == "next"',
        "\t}",
        "}",
    ]


def _sort(source: Source) -> Iterator[str]:
    """Yield the sorting that the retired call did; an item without the field counts as the newest, as before."""
    order = [key.removeprefix("-") for key in source.operation.order]
    if not order:
        return
    fields = {field.name: field for field in source.operation.fields}
    sources = [one for name in order for one in fields[name].rules[source.tier][-1].sources or (name,)]
    if any("." in one or "[" in one for one in sources):
        yield f"// The retired call answered in another order: by {', then '.join(sources)}."
        return
    yield "// The retired call answered in this order, and its successor has another."
    for name in order:
        is_time = fields[name].type == "time"
        yield f"{camel(name)} := func(one int) {'time.Time' if is_time else 'string'} {{"
        for getter in map(_exported, fields[name].rules[source.tier][-1].sources or (name,)):
            yield from (f"\tif items[one].Has{getter}() {{", f"\t\treturn items[one].Get{getter}()", "\t}")
        yield "\treturn time.Unix(1<<40, 0)" if is_time else '\treturn "~"'
        yield "}"
    yield "sort.SliceStable(items, func(a, b int) bool {"
    for key, name in zip(source.operation.order, order, strict=True):
        a, b = (f"{camel(name)}({one})" for one in ("ba" if key.startswith("-") else "ab"))
        is_time = fields[name].type == "time"
        yield f"\tif {f'!{a}.Equal({b})' if is_time else f'{a} != {b}'} {{"
        yield f"\t\treturn {f'{a}.Before({b})' if is_time else f'{a} < {b}'}"
        yield "\t}"
    yield from ("\treturn false", "})")


def _fields(source: Source) -> Iterator[str]:
    """Yield comments on the fields that are not what they were."""
    lines = [line for line in field_lines(source.operation, source.tier) if line.fidelity != "exact"]
    if lines:
        yield "// The fields that the retired call had, where an item has them otherwise:"
    for line in lines:
        when = f"when {line.when}: " if line.when else ""
        told = f"{line.name} ({line.fidelity}): {when}{line.how}{'. ' if line.how and line.why else ''}{line.why}"
        yield from textwrap.wrap(told, 96, initial_indent="//   ", subsequent_indent="//     ")


def _body(function: Function, body: Mapping[str, Any]) -> Iterator[str]:
    if function.body:
        yield f"body := admin.{function.body}{{}}"
        yield from _setters("body", body)


def _setters(variable: str, members: Mapping[str, Any]) -> Iterator[str]:
    for name, value in members.items():
        if isinstance(value, Mapping):
            yield f"{name} := admin.{_NESTED[name]}{{}}"
            yield from _setters(name, value)
            yield f"{variable}.Set{_exported(name)}({name})"
        elif isinstance(value, list):
            yield f"// {variable}.Set{_exported(name)}(…), if there were any."
        else:
            yield f"{variable}.Set{_exported(name)}({_quoted(value) if isinstance(value, str) else json.dumps(value)})"


def _exported(name: str) -> str:
    return name[:1].upper() + name[1:]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
