"""What a document that can be read leaves open: questions of a draft, and members that nobody hands on."""

from __future__ import annotations

from collections.abc import Iterator

from shim.documents.fields import Field, Resource, Rule
from shim.documents.model import Document, Target
from shim.documents.sources import Step, parse_source


def open_questions(document: Document) -> Iterator[str]:
    """Yield a line for each reason that is still a question mark, as a draft writes it."""
    for resource in _resources(document):
        for field in resource.fields:
            for rule in _rules(field):
                if rule.why and not rule.why.strip(" ?"):
                    yield f"{rule.owner}: {rule.at}.why: {rule.why!r} is a question; say why"


def lost_members(document: Document) -> Iterator[str]:
    """Yield a line for each member that ``rest`` does not hand on, since a rule of another field reads it."""
    for resource in _resources(document):
        names = {field.name for field in resource.fields} | {*resource.without}
        for field in resource.fields if resource.rest else ():
            for source in dict.fromkeys(one for rule in _rules(field) for one in rule.sources):
                path = parse_source(source)
                starts = {".".join(path[:end]) for end in range(1, len(path) + 1)}
                if not starts & names and not any(isinstance(part, Step) for part in path):
                    what = f"{source!r} becomes {field.name!r}, and does not stay beside it"
                    yield f"{document.file}: {resource.at}: {what}"


def _rules(field: Field) -> list[Rule]:
    return [rule for rules in field.rules.values() for rule in rules]


def _resources(document: Document) -> Iterator[Resource]:
    """Return all resources that a document's answers and bodies are made of, each once."""
    found = [operation.resource for operation in document.operations]
    for operation in document.operations:
        for successor in operation.successors.values():
            calls = (successor.only, *successor.choices.values())
            found += [call.body for call in calls if isinstance(call, Target) and call.body is not None]
    seen = set[int]()
    for resource in found:
        if id(resource) not in seen:
            seen.add(id(resource))
            yield resource
            found += [field.of for field in resource.fields if field.of is not None]
