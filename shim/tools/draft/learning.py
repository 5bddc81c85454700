"""Learns the source of each old field from recorded objects; what only descriptions say becomes a question."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import SequenceMatcher
from typing import Any

import attrs

from shim.tools.draft.descriptions import Member, Members, merged, observed, outer_of, type_of, within
from shim.tools.draft.pairs import MISSING, read, same_value

_ALIKE = 0.6
"""Similarity of names (by ``difflib``) from which two values prove a rule; below it takes three."""
_WHY = "It was so in all recorded pairs."
_DERIVED = {"fidelity": "derived", "why": _WHY}
_SCALARS = frozenset({"string", "integer", "number", "boolean"})
Options = Mapping[str, Any]
"""Keys of a rule besides ``from``; ``list`` and ``count`` stand for those verbs."""


@attrs.frozen
class Sample:
    """An old and a new object of the same resource, and the path parameters of the request.

    ``size`` is the number of new items behind the old one, if the list was grouped.
    """

    old: Any
    new: Any
    parameters: Mapping[str, str]
    size: int = 0


@attrs.frozen
class Field:
    """A field with its rule as in TOML, empty if it passes unchanged; a ``question`` is left to a person."""

    name: str
    type: str
    rule: Mapping[str, Any]
    remark: str = ""
    question: bool = False
    of: Resource | None = None


@attrs.frozen
class Resource:
    """A resource's fields; all others pass, except ``without``; ``found`` is the number of pairs that prove it."""

    name: str
    fields: tuple[Field, ...]
    without: tuple[str, ...]
    questions: tuple[str, ...]
    found: int


@attrs.frozen
class _Ground:
    """The evidence: the samples of a resource, and the members of both objects, described and recorded."""

    name: str
    samples: Sequence[Sample]
    old: Members
    new: Members
    lists: Sequence[Mapping[str, Members]]
    """Both sides' descriptions of a member, and of the members of its items, by path."""

    def having(self, path: str) -> list[tuple[Any, Sample]]:
        """Return the old values at a path, each with its sample."""
        return [(value, sample) for sample in self.samples if (value := read(path, sample.old)) is not MISSING]

    def alone(self, path: str, source: str) -> int:
        """Return the number of samples with a new path but without the old one."""
        lacking = [sample for sample in self.samples if read(path, sample.old) is MISSING]
        return sum(read(source, sample.new) is not MISSING for sample in lacking)

    def sources(self) -> Iterator[tuple[str, Member]]:
        """Yield the paths that a rule could read; of lists it takes the first item."""
        for path, member in self.new.items():
            if type_of(self.new, path.rpartition("[]")[0]) != "links":
                yield path.replace("[]", "[first]"), Member(type_of(self.new, path), member.words)


def learn(name: str, old: Members, new: Members, samples: Sequence[Sample]) -> Resource:
    """Return the rules that turn new objects into old ones; members are those described."""
    # Equal samples count once.
    samples = list({json.dumps(attrs.astuple(one), sort_keys=True): one for one in samples}.values())
    both = _refined(old, [one.old for one in samples]), _refined(new, [one.new for one in samples])
    lists: tuple[dict[str, dict[str, Member]], ...] = ({}, {})
    for by_list, members in zip(lists, both, strict=True):
        for path, member in members.items():
            by_list.setdefault(path.partition("[]")[0], {})[path] = member
    ground = _Ground(name, samples, *both, lists)
    outer = {outer_of(path) for path in ground.old} | {""}
    without = [path for path in ground.new if not ("[]" in path or path in ground.old) and outer_of(path) in outer]
    fields, unseen, gone = list[Field](), list[str](), list[str]()
    # The items of lists have rules of their own.
    for path in [path for path in ground.old if "[]" not in path and path not in outer]:
        kind, changed = type_of(ground.old, path), _changed(path, ground)
        if ground.having(path):
            fields.append(_list(path, ground) if kind == "objects" else _value(path, kind, ground))
        elif ground.alone(path, path):
            without.append(path)
        elif kind == "links" and not changed:
            fields.append(Field(path, kind, _rule(path, path, {}), "no pair has it", question=True))
        elif path not in ground.new:
            gone.append(path)
        elif changed:
            fields.append(_absent(path, ground, f"no pair has it, and it {changed}"))
        else:
            unseen.append(path)
    passing = [field for field in fields if not field.rule]
    questions = [f"{field.name} {field.remark}" for field in passing if field.question]
    questions += [f"passed on, though no pair has them: {', '.join(unseen)}"] if unseen else []
    questions += [f"left out, since no pair and no new description has them: {', '.join(gone)}"] if gone else []
    # A member that a rule reads no longer passes by itself.
    sources = {field.rule.get(verb) for field in fields for verb in ("from", "list", "count")}
    kept = [attrs.evolve(one, rule=_rule(one.name, one.name, {})) for one in passing if one.name in sources]
    ruled, found = [field for field in fields if field.rule], sum(not field.question for field in fields)
    return Resource(name, (*ruled, *kept), tuple(without), tuple(questions), found)


def _refined(described: Members, values: Sequence[Any]) -> Members:
    """Return described members, completed by recorded values; where types differ, the values win."""
    outer = {outer_of(path) for path in described}
    free = tuple(f"{path}." for path, one in described.items() if one.type == "object" and path not in outer)
    members = merged(pair for value in values for pair in observed(value) if not pair[0].startswith(free))
    for path, one in described.items():
        kind = members.get(path, one).type
        members[path] = one if (kind, one.type) == ("integer", "number") or not kind else Member(kind, one.words)
    members.pop("", None)
    return members


def _changed(path: str, ground: _Ground) -> str:
    """Return how both descriptions of a changed member differ: in type, words or items."""
    old, new = (by_list.get(path, {}) for by_list in ground.lists)
    said = [" ".join((type_of(one, path), *sorted(one[path].words))) for one in (old, new) if path in one]
    return "" if old == new else f"was {said[0]}, and is {said[1]} now" if len(set(said)) > 1 else "changed inside"


def _absent(path: str, ground: _Ground, remark: str) -> Field:
    return Field(path, type_of(ground.old, path), {"absent": True, "why": "?"}, remark, question=True)


def _value(path: str, kind: str, ground: _Ground) -> Field:
    """Return the field of a recorded member that is not a list of objects."""
    having = ground.having(path)
    news = [new for _, sample in having if (new := read(path, sample.new)) is not MISSING]
    if kind == "links" and news:
        return Field(path, kind, _rule(path, path, {}))
    if len(news) == len(having) and all(same_value(old, new) for (old, _), new in zip(having, news, strict=True)):
        alone, changed = ground.alone(path, path), _changed(path, ground)
        changed = f"is new in {alone} of {len(ground.samples)} objects" if alone else changed
        return Field(path, kind, {}, changed, question=bool(changed))
    number = len({json.dumps(value, sort_keys=True) for value, _ in having})
    remark = f"{number} different values in {len(having)} objects" if number > 1 else "the same value in all objects"
    if kind == "integer" and all(value == sample.size > 0 for value, sample in having):
        return Field(path, kind, {"count": True, **_DERIVED}, remark, question=number < 2)
    few = 2 if kind in {"string", "time", "strings"} and not ground.old[path].words else 3
    proven = _proven(path, kind, ground)
    for source, new, options in proven:
        alike = _likeness(path, source) >= _ALIKE
        stays = source == path and not options.keys() & {"factor", "count"}
        convinces = number >= (1 if stays else 2 if alike and (kind != "boolean" or len(having) > 4) else few)
        if alike or convinces:
            unseen = new.words.difference(options.get("values", new.words))
            remark += f"; no pair has {', '.join(sorted(unseen))}" if unseen else ""
            return Field(path, kind, _rule(path, source, options), remark, bool(unseen) or not convinces)
    for name in having[0][1].parameters:
        if all(value == sample.parameters[name] for value, sample in having):
            return Field(path, kind, {"parameter": name, **_DERIVED}, remark, question=number < 2)
    first = having[0][0]
    if len(having) > 1 and number == 1 and not isinstance(first, dict | list):
        return Field(path, kind, {"constant": first, "why": _WHY}, f"{remark}; is it always?", question=True)
    fits = f", though {proven[0][0]} fits, perhaps by chance" if proven else ""
    shown = json.dumps(first, ensure_ascii=False)[:40]
    return _absent(path, ground, f"was {shown} in the first of {len(having)} objects; no rule gives it{fits}")


def _proven(path: str, kind: str, ground: _Ground) -> list[tuple[str, Member, Options]]:
    """Return the rules that every pair confirms, the most similar names first."""
    found = []
    for source, new in ground.sources():
        values = [(value, read(source, sample.new)) for value, sample in ground.having(path)]
        if ground.alone(path, source) or any(value is MISSING for _, value in values):
            continue
        options = _learned(values, Member(kind, ground.old[path].words), new)
        if options is not None:
            outer = outer_of(source.replace("[first]", "[]")).removesuffix("[]")
            strange = bool(outer) and outer not in ground.old
            rank = (-round(_likeness(path, source), 1), strange, len(options), source.count("."))
            found.append((rank, (source, new, options)))
    return [one for _, one in sorted(found, key=lambda one: one[0])]


def _likeness(path: str, source: str) -> float:
    """Return the similarity of two names, from 0 to 1: of the whole paths, or of last names of several words."""
    source = source.replace("[first]", "")
    last, other = path.rpartition(".")[2], source.rpartition(".")[2]
    whole = SequenceMatcher(None, path.lower(), source.lower()).ratio()
    return whole if last.islower() else max(whole, SequenceMatcher(None, last.lower(), other.lower()).ratio())


def _rule(path: str, source: str, options: Options) -> dict[str, Any]:
    verb = next((verb for verb in ("list", "count") if verb in options), "from")
    level = {"fidelity": "exact" if source == path and not options else "renamed"}
    is_derived = "[" in source or options.keys() & {"factor", "list", "count"}
    return {verb: source, **options} | {verb: source} | (_DERIVED if is_derived else level)


def _list(path: str, ground: _Ground) -> Field:
    """Return the field of a list of objects, made from the new list of that name, else of the most similar name."""
    lists = [source for source, new in ground.sources() if new.type == "objects"]
    for source in sorted(lists, key=lambda one: (one != path, -_likeness(path, one))):
        if found := _from_list(path, source, ground):
            return found
    return _absent(path, ground, "no list of the new answer gives its items")


def _from_list(path: str, source: str, ground: _Ground) -> Field | None:
    """Return the field of a list of objects made from a new list, None if a pair contradicts it."""
    lists = [(one, read(source, sample.new), sample.parameters) for one, sample in ground.having(path)]
    if not all(isinstance(one, list) for one, two, _ in lists for one in (one, two)) or ground.alone(path, source):
        return None
    old, new = within(ground.old, f"{path}[]."), within(ground.new, f"{source.replace('[first]', '[]')}[].")
    keys = [one for one in old if "[" not in one]
    # A key groups new items if the old ones have its values, in their order.
    for olds, news, _ in lists:
        keys = [key for key in keys if [repr(read(key, one)) for one in olds] == [*_groups(news, key)]]
    if all(len(one) == len(two) for one, two, _ in lists):
        keys = [""]
    if not keys:
        return None
    key = keys[0]
    samples = [
        Sample(item, group[0], parameters, len(group) if key else 0)
        for one, two, parameters in lists
        for item, group in zip(one, _groups(two, key).values(), strict=True)
    ]
    if not samples and path == source and not _changed(path, ground):
        return Field(path, "objects", {}, "is empty in all pairs", question=True)
    of = learn(f"{ground.name}_{re.sub('[^A-Za-z0-9]', '_', path)}", old, new, samples)
    if path == source and not (key or of.fields or of.without or of.questions):
        return Field(path, "objects", {})
    if path != source and not of.found:
        return None
    rule = {"from": source, "group": key, **_DERIVED} if key else _rule(path, source, {})
    remark = f"{len(samples)} items" + "".join(f", perhaps for each {one}" for one in keys[1:])
    return Field(path, "objects", rule, remark, len(keys) > 1, of)


def _groups(items: Sequence[Any], key: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for number, item in enumerate(items):
        found.setdefault(repr(read(key, item)) if key else str(number), []).append(item)
    return found


def _learned(values: Sequence[tuple[Any, Any]], old: Member, new: Member) -> Options | None:
    """Return options that turn every new value into its old one, None if no options do; ``values`` are (old, new)."""
    for options, convert in _conversions(values, old, new):
        with suppress(TypeError, ValueError, KeyError):
            if all(same_value(convert(value), wanted) for wanted, value in values):
                return options
    return None


def _conversions(
    values: Sequence[tuple[Any, Any]], old: Member, new: Member
) -> Iterator[tuple[Options, Callable[[Any], Any]]]:
    """Yield the options that the types allow, the simplest first."""
    kinds, (one, two) = {old.type, new.type}, values[0]
    yield {"whole": True} if (old.type, new.type) == ("integer", "number") else {}, lambda value: value
    if kinds <= {"integer", "number"} and all(type(number) in {int, float} and number for number in (one, two)):
        if (one / two).is_integer():
            yield {"factor": int(one / two)}, lambda value: value * int(one / two)
        elif (two / one).is_integer():
            yield {"factor": f"1/{int(two / one)}"}, lambda value: value / int(two / one)
    if kinds <= _SCALARS and "string" in kinds:
        yield {"cast": True}, _text if old.type == "string" else json.loads
    if old.type == "integer":
        yield {"count": True}, len
    if old.type in {"strings", "objects"}:
        yield {"list": True}, lambda value: [value]
    # A table has few words, all in the description; names and ids are not words.
    table = {_text(value): wanted for wanted, value in values}
    if all(each.words or each.type == "boolean" for each in (old, new)) and len(set(table.values())) > 1:
        yield {"values": table}, lambda value: table[_text(value)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
