"""Check documents as a whole: relations between operations, and fields with their operations.

A row has a place, whether it has a defect, and the defect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from shim.documents.fields import BODY, LISTS, TIERS, Field, Resource, Rule, Use
from shim.documents.lens import FROM_LENS
from shim.documents.model import Document, Operation
from shim.documents.objects import BodyMembers, BodyObject
from shim.documents.sources import Step, is_step, parse_source
from shim.documents.tables import Rows, did_you_mean, nearest
from shim.documents.templates import parameter_name
from shim.documents.verbs import Unwind
from shim.documents.ways import From, Group


def check_documents(
    documents: Sequence[Document],
) -> Iterator[tuple[Document, str, str]]:
    """Yield (document, key path, defect) for every defect of a set of documents."""
    set_of = _Set()
    for document in documents:
        for at, is_wrong, what in set_of.add(document):
            if is_wrong:
                yield document, at, what
    for document in documents:
        for at, is_wrong, what in (*_of_fields(document), *_of_lenses(document)):
            if is_wrong:
                yield document, at, what


@attrs.define
class _Set:
    """The names and calls of earlier documents, which later ones must not repeat."""

    names: dict[str, str] = attrs.field(factory=dict)
    """The file of each document, by name."""
    ids: dict[str, str] = attrs.field(factory=dict)
    """The file of each operation, by its id and aliases."""
    calls: dict[tuple[str, ...], list[_Call]] = attrs.field(factory=dict)
    """The operations by method, base and path, without the names of parameters."""

    def add(self, document: Document) -> Rows:
        file = self.names.get(document.name)
        hint = "use overrides to change its rules"
        what = f"{document.name!r} is also the name of {file}; {hint}"
        yield "name", file is not None, what
        self.names[document.name] = document.file
        for operation in document.operations:
            yield from self._add_names(document, operation)
            yield from self._add_calls(document, operation)

    def _add_names(self, document: Document, operation: Operation) -> Rows:
        for name in (operation.id, *operation.aliases):
            file = self.ids.get(name)
            what = f"{name!r} is already an operation or alias of {file}"
            yield operation.at, file is not None, what
            self.ids[name] = document.file

    def _add_calls(self, document: Document, operation: Operation) -> Rows:
        parts = []
        for part in operation.path.segments:
            parts.append("{}" if parameter_name(part) else part)
        parts.append(operation.path.ending)
        for api in document.apis.values():
            same = self.calls.setdefault((operation.method, api.base, *parts), [])
            for other in same:
                where = f"{other.operation.id} ({other.file})"
                what = f"has the same method, path and versions as {where}"
                yield operation.at, other.serves(operation), what
            same.append(_Call(document.file, operation))


@attrs.frozen
class _Call:
    file: str
    operation: Operation

    def serves(self, other: Operation) -> bool:
        """Return whether another operation has versions in common with this one."""
        own = self.operation
        if own is other:
            return False
        return other.version in own.versions or own.version in other.versions


def _of_fields(document: Document) -> Rows:
    for use in _uses(document):
        yield from _of_names(use)
        named = set[str]()
        for field in use.resource.fields:
            named.update(field.rules)
        named.discard(BODY)
        # a tier without rules, next to a tier that has some
        misspelled = dict[str, str]()
        unnamed = use.tiers.keys() - named - {BODY}
        for tier in sorted(unnamed):
            if near := nearest(tier, sorted(named)):
                misspelled[tier] = near
                what = f"is for a tier without a rule in any field{did_you_mean(near)}"
                for at in use.tiers[tier]:
                    yield at, True, what
        right = use.tiers.keys() - misspelled.keys()
        meant = {*misspelled, *misspelled.values()} - right
        for field in use.resource.fields:
            yield from _of_field(field, use, meant)


def _of_lenses(document: Document) -> Rows:
    """Yield the sources of a lens's rules that the legacy body can't have."""
    for operation in document.operations:
        request = operation.request
        if request is None:
            continue
        for successor in operation.successors.values():
            for _, target in successor.targets():
                if target.lens is not None and target.body is not None:
                    yield from _of_sources(target.body, request, "", frozenset())


def _of_sources(
    resource: Resource, request: BodyMembers, within: str, keyed: frozenset[str]
) -> Rows:
    """Yield the sources of a body's rules that match no member.

    ``keyed`` are members under which names are placed.
    """
    for field in resource.fields:
        for rule in field.rules.get(BODY, ()):
            sources = [*rule.reads]
            names = keyed
            if isinstance(rule.verb, Unwind):
                sources += rule.verb.times
                names = keyed | {rule.verb.keyed}
            for source in sources:
                said = f"{within}{source}"
                is_unknown = not _declares(request, said, keyed)
                what = f"reads {said!r}, which is not a member of the legacy body"
                yield rule.at, is_unknown, what
            if field.of is not None:
                if isinstance(rule.verb, From):
                    inside = [f"{within}{one}." for one in rule.sources]
                else:
                    inside = [within]
                for inner in inside:
                    yield from _of_sources(field.of, request, inner, names)


def _declares(members: BodyMembers, source: str, keyed: frozenset[str]) -> bool:
    """Return whether a source leads to a declared member, as far as objects are described."""
    found: BodyMembers | None = members
    names = [name for name in parse_source(source) if not is_step(name)]
    for name in names[1:] if names[0] in FROM_LENS else names:
        if found is None:
            break
        if name not in found.members:
            return isinstance(found, BodyObject) and found.keyed and name in keyed
        found = found.inside.get(name)
    return True


def _uses(document: Document) -> list[Use]:
    """Return how a document uses each resource, including request bodies and nested resources."""
    uses: dict[int, Use] = {}
    for operation in document.operations:
        for tier, successor in operation.successors.items():
            known = operation.path.parameters
            tiers = {tier: successor.at}
            given = (*known, *successor.given)
            _note(uses, successor.resource, operation, tiers, given)
            for _, target in successor.targets():
                names = known
                for one in target.before:
                    for resource in one.made:
                        _note(uses, resource, operation, {BODY: ""}, names)
                    names = (*names, *one.gives)
                if target.body is not None:
                    _note(uses, target.body, operation, {BODY: ""}, names)
    return list(uses.values())


def _note(
    uses: dict[int, Use],
    resource: Resource,
    operation: Operation,
    tiers: Mapping[str, str],
    known: tuple[str, ...],
) -> None:
    use = uses.setdefault(id(resource), Use(resource))
    for tier, at in tiers.items():
        use.tiers.setdefault(tier, []).append(at)
        key = (tier, operation.id)
        before = use.known.get(key, known)
        both = [name for name in known if name in before]
        use.known[key] = tuple(both)
    for field in resource.fields:
        if field.of is not None:
            _note(uses, field.of, operation, tiers, known)
            groups = set()
            for tier, rules in field.rules.items():
                if any(isinstance(one.verb, Group) for one in rules):
                    groups.add(tier)
            uses[id(field.of)].grouped |= groups


def _of_names(use: Use) -> Rows:
    resource = use.resource
    names = {field.name for field in resource.fields}
    for field in resource.fields:
        yield field.at, not all(field.name.split(".")), "has an empty part in its name"
        for one in _outer(field.name):
            what = f"is inside {one!r}, which is a field itself"
            yield field.at, one in names, what
    at = f"{resource.at}.without"
    for name in resource.without:
        yield (
            at,
            name in names,
            f"{name!r} is a field itself, and does not pass unchanged",
        )
        no_name = not all(name.split(".")) or "[" in name
        yield (
            at,
            no_name,
            f"{name!r} is not a name; separate nested names with dots, and name whole lists only",
        )
        for one in _outer(name):
            known = one in names or one in resource.without
            yield (
                at,
                known,
                f"{name!r} has no effect: {one!r} does not pass unchanged",
            )


def _outer(name: str) -> list[str]:
    """Return the names of the objects that enclose a name."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _of_field(field: Field, use: Use, misspelled: set[str]) -> Rows:
    yield (
        f"{field.at}.words",
        field.words and field.type != "string",
        "apply only to fields of type string",
    )
    unused = field.rules.keys() - use.tiers.keys() - misspelled
    others = sorted(use.tiers.keys() - field.rules.keys())
    for tier in field.rules:
        if tier == BODY:
            what = "is in a request body"
        else:
            what = f"has a {tier} successor"
        what = f"has no effect: no operation of this resource {what}{did_you_mean(nearest(tier, others))}"
        yield f"{field.at}.{_key(tier)}", tier in unused, what
    meant = {nearest(tier, others) for tier in unused}
    for tier in sorted(use.tiers.keys() - misspelled):
        rules = field.rules.get(tier, ())
        lacking = "is missing; add a rule for the field's value on this tier, or absent"
        is_lacking = field.rules and not rules and tier not in meant
        yield f"{field.at}.{_key(tier)}", is_lacking, lacking
        yield from _of_alternatives(rules)
        for rule in rules:
            yield from _of_rule(field, rule)
            of_tier = attrs.evolve(use, tier=tier)
            for key, is_wrong, what in rule.verb.misused(field, of_tier):
                yield f"{rule.at}{key}", is_wrong, what


def _key(tier: str) -> str:
    if tier in {*TIERS, BODY}:
        return tier
    return f"tier.{tier}"


def _of_alternatives(rules: Sequence[Rule]) -> Rows:
    # values of sources, and conditions, that select an earlier rule
    taken = set[Any]()
    for rule, later in zip(rules, (*rules, None)[1:], strict=True):
        if rule.when is None:
            yield (
                (later or rule).at,
                later,
                "has no effect: the rule before it has no when",
            )
            return
        open_end = "has a when and is the last rule; add a rule for all other cases, for example absent"
        yield rule.at, later is None, open_end
        said = {(rule.when.source, word) for word in rule.when.words}
        is_dead = rule.when in taken
        if said and not rule.when.negated:
            is_dead = is_dead or said <= taken
        yield rule.at, is_dead, "has no effect: earlier rules apply to all its words"
        taken |= {rule.when, *(() if rule.when.negated else said)}


def _of_rule(field: Field, rule: Rule) -> Rows:
    verb = rule.verb
    is_links = field.type == "links"
    made = f"{verb.key} results in {' or '.join(verb.makes)}, but the field's type is {field.type}"
    yield rule.at, verb.makes and field.type not in verb.makes, made
    no_links = is_links and not (verb.hands_on or verb.makes == ("links",))
    yield rule.at, no_links, "a field of type links needs link, from or absent"
    yield rule.at, is_links and BODY in field.rules, "a request body has no links"
    yield (
        rule.at,
        field.of is not None and not verb.hands_on,
        "a field with of needs from, itself or absent",
    )
    needs = f"{verb.key} needs of, the resource that describes the objects"
    yield rule.at, verb.nests and field.of is None, needs
    takes_list = verb.of_lists
    if verb.hands_on and not verb.changes:
        takes_list = takes_list or field.type in LISTS
    for source in (*(() if takes_list else rule.sources), *rule.looked_at):
        yield (
            rule.at,
            Step.EACH in parse_source(source),
            f"{source!r} is a list; select an item with [first] or [only]",
        )


def lost_members(document: Document) -> Iterator[str]:
    """Yield a line for each member that ``rest`` drops because another field's rule reads it."""
    for resource in [use.resource for use in _uses(document) if use.resource.rest]:
        every = [*(field.name for field in resource.fields), *resource.without]
        names = {tuple(name.split(".")) for name in every}
        for field in resource.fields:
            rules = [rule for rules in field.rules.values() for rule in rules]
            for source in dict.fromkeys(
                source for rule in rules for source in rule.sources
            ):
                path = parse_source(source)
                starts = {path[:end] for end in range(1, len(path) + 1)}
                if not starts & names and not any(is_step(part) for part in path):
                    what = f"{source!r} becomes {field.name!r}, and is not kept under its own name"
                    yield f"{document.file}: {resource.at}: {what}"
