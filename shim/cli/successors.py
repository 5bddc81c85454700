"""What becomes of a retired call: how each field of its answer is made, and the calls to make instead.

The calls are curl commands, with their names in SDKs.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

import attrs

from shim.core.question import MOST, LegacyQuery, translated_pairs
from shim.core.responses import CallError, explained
from shim.credentials import used_variables
from shim.documents.calls import Successor, Target
from shim.documents.fields import Resource, Rule
from shim.documents.model import Operation
from shim.documents.question import RefusedChoice
from shim.documents.sources import unquoted
from shim.documents.verbs import Constant, Parameter
from shim.documents.vocabulary import Fidelity

_DIGEST = '--digest --user "$MONGODB_ATLAS_PUBLIC_API_KEY:$MONGODB_ATLAS_PRIVATE_API_KEY"'
_BEARER = '--header "Authorization: Bearer $MONGODB_ATLAS_ACCESS_TOKEN"'
"""curl's options for credentials, which name variables and never hold values."""

_NAMES = """
GET    flexClusters/{}/backup/snapshots      flexSnapshots listFlexBackupSnapshots listGroupFlexClusterBackupSnapshots
GET    flexClusters/{}/backup/snapshots/{}   flexSnapshots getFlexBackupSnapshot getGroupFlexClusterBackupSnapshot
POST   flexClusters/{}/backup/download       flexSnapshots downloadFlexBackup downloadGroupFlexClusterBackup
GET    flexClusters/{}/backup/restoreJobs    flexRestoreJobs listFlexRestoreJobs listGroupFlexClusterBackupRestoreJobs
GET    flexClusters/{}/backup/restoreJobs/{} flexRestoreJobs getFlexRestoreJob getGroupFlexClusterBackupRestoreJob
POST   flexClusters/{}/backup/restoreJobs    flexRestoreJobs createFlexRestoreJob createGroupFlexClusterBackupRestoreJob
GET    flexClusters                          flexClusters listFlexClusters listGroupFlexClusters
POST   flexClusters                          flexClusters createFlexCluster createGroupFlexCluster
GET    flexClusters/{}                       flexClusters getFlexCluster getGroupFlexCluster
PATCH  flexClusters/{}                       flexClusters updateFlexCluster updateGroupFlexCluster
DELETE flexClusters/{}                       flexClusters deleteFlexCluster deleteGroupFlexCluster
GET    clusters/{}/backup/snapshots          cloudBackups listBackupSnapshots listGroupClusterBackupSnapshots
GET    clusters/{}/backup/snapshots/{}       cloudBackups getClusterBackupSnapshot getGroupClusterBackupSnapshot
GET    clusters/{}/backup/restoreJobs        cloudBackups listBackupRestoreJobs listGroupClusterBackupRestoreJobs
GET    clusters/{}/backup/restoreJobs/{}     cloudBackups getBackupRestoreJob getGroupClusterBackupRestoreJob
POST   clusters/{}/backup/restoreJobs        cloudBackups createBackupRestoreJob createGroupClusterBackupRestoreJob
GET    clusters                              clusters listClusters listGroupClusters
GET    clusters/{}                           clusters getCluster getGroupCluster
POST   clusters                              clusters createCluster createGroupCluster
PATCH  clusters/{}                           clusters updateCluster updateGroupCluster
GET    clusters/{}/processArgs               clusters getProcessArgs getGroupClusterProcessArgs
"""
"""Method, path below the project, tag, name in Go and the CLI, operation id, as of 2026-08.

Sources: the interfaces of go.mongodb.org/atlas-sdk, the pages of ``atlas api`` in the Atlas CLI's documentation,
and the operation ids of Atlas' OpenAPI description, which generated clients use in their language's spelling.
"""

_ROWS = {tuple(row[:2]): row[2:] for row in map(str.split, _NAMES.strip().splitlines())}


def encoded(url: str) -> str:
    """Percent-encode what a URL can't hold, such as the braces of ``{groupId}``."""
    return quote(url, safe="/%:@!$&'()*+,;=-._~?")


def readable(raw: str) -> str:
    """Undo ``encoded`` for the braces and brackets of placeholders."""
    return re.sub(r"%7B|%7D|%3C|%3E", lambda match: unquote(match[0]), raw)


def sdk_names(method: str, path: str) -> dict[str, str]:
    """Return the names of a call, by ``go``, ``cli`` and ``operationId``; empty if unknown.

    ``path`` is a template from the root; the names of its parameters do not matter.
    """
    below = re.sub(r"\{\w+\}", "{}", path).removeprefix("/api/atlas/v2/groups/{}/")
    if (row := _ROWS.get((method, below))) is None:
        return {}
    tag, name, operation_id = row
    go = f"{tag[0].upper()}{tag[1:]}API.{name[0].upper()}{name[1:]}"
    return {"go": go, "cli": f"atlas api {tag} {name}", "operationId": operation_id}


def next_calls(
    operation: Operation, raw: Mapping[str, str], successor: Successor, origin: str, query: LegacyQuery
) -> list[dict[str, Any]]:
    """Return the calls on one tier: a single one, or one for each word of the body that chooses it.

    ``raw`` has the path's parameters, still percent-encoded. A call has the ``word`` that chooses it, empty without a
    choice; ``method``, ``url`` with ``{placeholders}``, ``accept`` and a template of the ``body``, or None; ``curl``,
    the call as a command that signs with the environment's API key, else with a token; ``names``, those of
    ``sdk_names``; and ``remarks`` on what differs from the retired call. If no call serves the word, ``refused`` has
    the reason, and the rest is missing.
    """
    choices = successor.choices if successor.only is None else {"": successor.only}
    signing = _DIGEST if any("PUBLIC_API_KEY" in name for name in used_variables(os.environ)) else _BEARER
    calls = list[dict[str, Any]]()
    for word, target in choices.items():
        if isinstance(target, RefusedChoice):
            why = f"{target.error_code}: {explained(target.error_code, target.detail)}"
            calls.append({"word": word, "refused": why})
            continue
        pairs, lost = _query(operation, target, query)
        url = origin + readable(target.path.build(raw)) + (f"?{'&'.join(pairs)}" if pairs else "")
        accept, body = target.accept, _body(operation, target, word)
        lines = [f"curl -sS --request {target.method} {signing}", f"--header 'Accept: {accept}'"]
        if body is not None:
            lines += [f"--header 'Content-Type: {accept}'", f"--data {shlex.quote(json.dumps(body))}"]
        call = {"word": word, "method": target.method, "url": url, "accept": accept, "body": body}
        call["curl"] = " \\\n  ".join([*lines, shlex.quote(url)])
        call["names"] = sdk_names(target.method, target.path.text)
        calls.append({**call, "remarks": [*_remarks(operation, successor, target), *lost]})
    return calls


def _query(operation: Operation, target: Target, query: LegacyQuery) -> tuple[list[str], list[str]]:
    """Return the raw pairs of a call's query, and sentences on parameters that can't be translated."""
    lost = [f"The parameter {name} is not sent: {rule.why}" for name, rule in target.query.items() if rule.drop]
    try:
        pairs = list(translated_pairs(query.foreign, target.query))
    except CallError as error:
        pairs = list(query.foreign)
        lost = [f"The successor does not know this value of the query's {error.parameters[0]}."]
    if operation.shape != "one" and not target.bare:
        size, page = (MOST, 1) if target.paging == "collected" else (query.size, query.page)
        pairs += [f"itemsPerPage={size}", f"pageNum={page}"]
    return pairs, lost


def _remarks(operation: Operation, successor: Successor, target: Target) -> Iterator[str]:
    if operation.shape != "one" and target.paging == "collected" and not target.bare:
        yield "Ask for the next page as long as the answer has a link with rel=next."
    if operation.request is None and target.body is None and target.method not in {"GET", "DELETE"}:
        yield f"Its content is the old call's, with Content-Type: {target.accept}."
    if operation.order:
        keys = []
        for key in operation.order:
            name = key.removeprefix("-")
            field = next(field for field in operation.fields if field.name == name)
            sources = ", else ".join(field.rules[successor.tier][-1].sources or (name,))
            keys.append(f"{sources} ({'descending' if key.startswith('-') else 'ascending'})")
        yield f"The order is not the legacy one: sort by {' then '.join(keys)}."


def _body(operation: Operation, target: Target, word: str) -> Mapping[str, Any] | None:
    """Return a template of the content; values from the legacy body are ``{placeholders}``, whatever their type."""
    request = operation.request
    if request is None:
        return None
    if target.body is None:
        members = {name: f"{{{name}}}" for name in request.members if name not in request.ignored}
        return members | ({request.choose: word} if word and request.choose in members else {})
    made: dict[str, Any] = {}
    for field in target.body.fields:
        (rule, *_) = (rule for rules in field.rules.values() for rule in rules)
        *outer, last = unquoted(field.name)
        here = made
        for part in outer:
            here = here.setdefault(part, {})
        named = rule.verb.parameter if isinstance(rule.verb, Parameter) else field.name
        source = (*rule.sources, named)[0]
        here[last] = rule.verb.constant if isinstance(rule.verb, Constant) else f"{{{source}}}"
    return made


@attrs.frozen
class FieldSummary:
    """One rule of one field: its level, how the value is made, why, and when it applies.

    ``sources`` are the successor's fields; ``how`` is empty if the value is that of the field of the same name.
    """

    name: str
    fidelity: str
    sources: tuple[str, ...]
    how: str
    why: str
    when: str


def field_rules(resource: Resource, tier: str, outer: str = "") -> Iterator[FieldSummary]:
    """Yield a line for each rule of each field of an answer, in document order."""
    for field in resource.fields:
        name = f"{outer}{field.name}"
        for rule in field.rules[tier]:
            how = rule.verb.how  # a source of the field's own name goes without saying if it is the only one
            made = how(field.name) and how("")
            yield FieldSummary(name, rule.fidelity.value, rule.sources, made, rule.why, when(rule))
        if field.of is not None and any(rule.fidelity is not Fidelity.ABSENT for rule in field.rules[tier]):
            yield from field_rules(field.of, tier, f"{name}{'[]' if field.type == 'objects' else ''}.")
    if resource.rest:
        less = f", but {', '.join(resource.without)}" if resource.without else ""
        yield FieldSummary(f"{outer}*", "exact", (), f"all other members unchanged{less}", "", "")


def no_successor(operation: Operation) -> str:
    """Return what to do if an operation has no successor; empty if it always has one."""
    first = "" if operation.successors or not operation.without_successor else "There is no successor. "
    return first + operation.without_successor


def when(rule: Rule) -> str:
    """Return the condition of a rule in words, empty if it always applies."""
    if rule.when is None:
        return ""
    if rule.when.given is not None:
        return f"{rule.when.source} is {'given' if rule.when.given else 'not given'}"
    relation = "is not" if rule.when.negated else "is"
    words = sorted(word if isinstance(word, str) else json.dumps(word) for word in rule.when.words)
    return f"{rule.when.source} {relation} {' or '.join(words)}"
