"""Writes a draft: the successor of each operation and the rules of its fields, as a TOML document."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import attrs

from shim.core.settings import parse_instant
from shim.documents.question import OF_PAGES
from shim.errors import SettingsError
from shim.tools.draft.descriptions import AnswerVersion, DescribedOperation, Description, Member, merged, within
from shim.tools.draft.learning import Resource, Sample, learn
from shim.tools.draft.pairs import Pair, read

_ATLAS = "/api/atlas/v2"
_UNDATED = "2000-01-01"
"""The version of an API whose media types have no version."""
_NEVER = date(2099, 1, 1)
_PAGING = frozenset({"totalCount", "links", "total", "count", "next", "previous", "page", "pageSize"})
_WIDTH = 120


@attrs.frozen
class Asked:
    """A draft's task: the operation, its successor's id if it differs, and both versions."""

    operation: str
    successor: str = ""
    old_version: str = ""
    new_version: str = ""


@attrs.frozen
class _Side:
    """One operation in one version; ``items`` is the path of the list in its answer, None for a single resource."""

    operation: DescribedOperation
    answer: AnswerVersion
    items: str | None

    @property
    def shape(self) -> str:
        """The document's word for the shape of the answer."""
        return "one" if self.items is None else "page" if self.items else "array"

    @property
    def members(self) -> dict[str, Member]:
        """The members of the resource in the answer."""
        return within(self.answer.members, "" if self.items is None else f"{self.items}[].")

    def objects(self, answer: Any) -> list[Any]:
        """Return the resources in a recorded answer."""
        found = read(self.items, answer) if self.items else answer if self.shape == "array" else [answer]
        return found if isinstance(found, list) else []


def draft(old: Description, new: Description, wanted: Sequence[Asked], pairs: Sequence[Pair]) -> str:
    """Return the text of a document for one or more operations of one resource.

    Raises SettingsError for operations and versions that are not described, and for writes.
    """
    sides = [_sides(old, new, one) for one in wanted]
    first, second = sides[0]
    word = next((one for one in reversed(first.operation.path.split("/")) if one and "{" not in one), "draft")
    name = re.sub(r"\W", "_", word).lower()
    common = set.intersection(*(set(one.operation.parameters) for one, _ in sides))
    samples = [sample for one, two in sides for pair in pairs for sample in _samples(pair, one, two, common)]
    olds, news = (merged(pair for both in sides for pair in both[at].members.items()) for at in (0, 1))
    resource = learn(re.sub(r"\W", "", word.removesuffix("s")) or "answer", olds, news, samples)
    path = first.operation.path
    base = _ATLAS if path.startswith(f"{_ATLAS}/") else first.operation.base or "/"
    body = ["format = 1", _line("name", name), _line("title", f"{name}, answered from {second.operation.id}")]
    # The first version of Atlas' API also has another base, which later descriptions do not mention.
    if base != _ATLAS or first.answer.version == "2023-01-01":
        api = re.sub("[^a-z0-9]", "", base.rpartition("/")[2]) or "old"
        body += ["", f"[{_key('api', api)}]", _line("base", base)]
        body += [] if first.answer.version else [_line("version", _UNDATED), _line("content_type", "application/json")]
    body += [line for one, two in sides for line in _operation(one, two, base, resource.name)]
    body += _resource(resource)
    questions = sum("# ? " in line for line in body)
    left = f"Questions left: {questions}; each is a line with # ?" if questions else "No question is left."
    return "\n".join(["# A draft by atlas-shim draft: read it before you trust it.", f"# {left}", "", *body, ""])


def _sides(old: Description, new: Description, asked: Asked) -> tuple[_Side, _Side]:
    before, after = old.operation(asked.operation), new.operation(asked.successor or asked.operation)
    if before.method != "GET" or after.method != "GET":
        raise SettingsError(f"{before.id}: drafts are for reads only; write the document of a {before.method} by hand")
    one, two = before.answer(asked.old_version, 0), after.answer(asked.new_version, -1)
    if old.name == new.name and before.id == after.id and one.version == two.version:
        raise SettingsError(f"{before.id}: has one version, {one.version or 'undated'}; give a second description")
    items = _items(before, one)
    held = one.members.get("" if items is None else f"{items}[]", Member()).type
    if held not in {"", "object"}:
        raise SettingsError(f"{before.id}: answers with {held}, not an object; write its document by hand")
    return _Side(before, one, items), _Side(after, two, None if items is None else _items(after, two))


def _items(operation: DescribedOperation, answer: AnswerVersion) -> str | None:
    """Return the path of the list in an answer, None if the answer is one object."""
    if answer.members.get("", Member()).type == "array":
        return ""
    names = {path.partition(".")[0].partition("[")[0] for path in answer.members if path} - _PAGING
    arrays = [path for path, one in answer.members.items() if one.type == "array" and "[]" not in path]
    lists = [path for path in arrays if path.partition(".")[0] in names]
    # A path that ends with a parameter means one object, whatever lists it has.
    return lists[0] if len(names) == len(lists) == 1 and not operation.path.endswith("}") else None


def _samples(pair: Pair, old: _Side, new: _Side, common: set[str]) -> Iterator[Sample]:
    """Yield matching objects of a pair, if it is of this operation and these versions."""
    path = pair.path.partition("?")[0].rstrip("/")
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(old.operation.path))
    versions = (pair.old_version in {"", old.answer.version}, pair.new_version in {"", new.answer.version})
    olds, news = old.objects(pair.old), new.objects(pair.new)
    if re.fullmatch(pattern, path) and all(versions) and len(olds) == len(news):
        segments = zip(old.operation.path.split("/"), path.split("/"), strict=True)
        parameters = {name[1:-1]: segment for name, segment in segments if name[1:-1] in common}
        yield from (Sample(*both, parameters) for both in zip(olds, _in_order(olds, news), strict=True))


def _in_order(olds: Sequence[Any], news: Sequence[Any]) -> Sequence[Any]:
    """Return new objects in the order of the old ones, if one member identifies them on both sides."""
    are_objects = all(isinstance(one, dict) for one in (*olds, *news))
    for name in olds[0] if olds and are_objects else ():
        left, right = ({repr(one.get(name)): one for one in many} for many in (olds, news))
        if len(left) == len(olds) and left.keys() == right.keys():
            return [right[word] for word in left]
    return news


def _operation(old: _Side, new: _Side, base: str, resource: str) -> Iterator[str]:
    own, theirs = old.operation, new.operation
    yield from ("", f"[{_key('operation', own.id)}]", _line("method", "GET"))
    if own.aliases:
        yield _line("aliases", own.aliases)
    yield _line("path", own.path.removeprefix(base.rstrip("/")))
    later = [one.version for one in own.answers if one.version > old.answer.version]
    later += [new.answer.version] if own.path == theirs.path and new.answer.version > old.answer.version else []
    bounds = (old.answer.version or _UNDATED, *later[:1])
    days = (".".join(str(int(part)) for part in version.split("-")) for version in bounds)
    yield _line("versions", ",".join(map("".join, zip((">=", "<"), days, strict=False))))
    said = old.answer.sunset
    sunset = parse_instant(said, name=f"{own.id}: x-sunset").date() if said else _NEVER
    deprecated = min(sunset, date.fromisoformat(new.answer.version or "2026-01-01"))
    yield _line("deprecated", deprecated, "the day of the new version" if new.answer.version else "? not described")
    yield _line("sunset", sunset, "" if said else "? not described")
    yield from (_line("shape", old.shape), *_items_line(old), _line("resource", resource))
    yield from ("", f"[{_key('operation', own.id, 'tier', 'successor')}]")
    free = [one for one in own.parameters if one not in theirs.parameters]
    path = theirs.path
    for name in (one for one in theirs.parameters if one not in own.parameters):
        path = path.replace(f"{{{name}}}", f"{{{free.pop(0)}}}" if free else "unknown")
    yield _line("path", path, "" if path == theirs.path else f"? it is {theirs.path}")
    yield _line("version", new.answer.version or _UNDATED, "" if new.answer.version else "? not described")
    yield from ("bare = true",) if new.shape == "array" else _items_line(new)
    query = own.query.items() - theirs.query.items()
    if changed := [name for name, _ in query if name not in OF_PAGES]:
        yield _comment(f"? these parameters differ in the new call: {', '.join(sorted(changed))}")


def _items_line(side: _Side) -> list[str]:
    return [_line("items", side.items)] if side.items and side.items != "results" else []


def _resource(resource: Resource) -> Iterator[str]:
    yield from ("", f"[{_key('resource', resource.name)}]", "rest = true")
    for question in resource.questions:
        yield from textwrap.wrap(_comment(f"? {question}"), _WIDTH, subsequent_indent="#     ", break_on_hyphens=False)
    if resource.without:
        yield from ("without = [", *(f"    {_value(name)}," for name in resource.without), "]")
    for field in resource.fields:
        yield from ("", f"[{_key('resource', resource.name, field.name)}]", _line("type", field.type))
        if field.of is not None:
            yield _line("of", field.of.name)
        if field.remark:
            yield _comment(f"{'? ' if field.question else ''}{field.remark}")
        rule = f"tier.successor = {_value(field.rule)}"
        if len(rule) > _WIDTH:
            yield from ("", f"[{_key('resource', resource.name, field.name, 'tier', 'successor')}]")
            rule = "\n".join(_line(name, said) for name, said in field.rule.items())
        yield rule
    yield from (line for field in resource.fields if field.of is not None for line in _resource(field.of))


def _line(name: str, said: Any, remark: str = "") -> str:
    return f"{_key(name)} = {_value(said)}" + (f"   {_comment(remark)}" if remark else "")


def _comment(said: str) -> str:
    """Return a one-line comment, with control characters escaped."""
    return "# " + "".join(letter if letter.isprintable() else "?" for letter in said)


def _key(*names: str) -> str:
    return ".".join(name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name) for name in names)


def _value(said: Any) -> str:
    """Return a value as TOML on one line; texts and numbers look as in JSON."""
    match said:
        case date():
            return said.isoformat()
        case Mapping():
            return "{ " + ", ".join(f"{_key(name)} = {_value(one)}" for name, one in said.items()) + " }"
        case list() | tuple():
            return "[" + ", ".join(map(_value, said)) + "]"
    return json.dumps(said, ensure_ascii=False).replace("\x7f", "\\u007f")
