"""The verb that builds links from path parameters and members of the answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import attrs

from shim.documents.fields import Field, Use, Verb
from shim.documents.read import Declared, read_as
from shim.documents.script import Branch, Script, chosen
from shim.documents.tables import Rows, Table
from shim.documents.templates import Template


def _relation(table: Table, key: str) -> Mapping[str, str]:
    rel = table.data.get(key, "")
    apis = table.around.apis
    if isinstance(rel, dict):
        by_api = rel
    else:
        by_api = dict.fromkeys(apis, rel)
    are_texts = all(isinstance(word, str) and word for word in by_api.values())
    if by_api.keys() != set(apis) or not are_texts:
        table.wrong(
            key, f"must be a text, or a table with a text for each of {', '.join(apis)}"
        )
    return by_api


@attrs.frozen
class LinkRule(Declared):
    """One entry of a ``links`` array: relation by API version, and a path template below the API's base."""

    path: Template
    rel: Mapping[str, str] = read_as(_relation)

    def parts(self, parameters: Collection[str]) -> tuple[list[str], list[str]]:
        """Return the answer's members in the path, and expressions for the texts around them."""
        members = list[str]()
        texts = [["context.base", "context.bases[0]"]]
        for number, piece in enumerate(re.split("[{}]", self.path.text)):
            if number % 2 and piece not in parameters:
                members.append(piece)
                texts.append([])
            elif piece:
                is_parameter = number % 2
                text = f"context.raw[{piece!r}]" if is_parameter else repr(piece)
                texts[-1].append(text)
        return members, [" + ".join(text) for text in texts]


def _rules(table: Table, key: str) -> tuple[LinkRule, ...]:
    return tuple(map(LinkRule.read, table.list_of_tables(key)))


@attrs.frozen(kw_only=True)
class LinkBack(Verb):
    """Links through the shim, for the templates whose members are all present."""

    key = "link"
    makes = ("links",)
    links: tuple[LinkRule, ...] = read_as(_rules, "link")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for link in self.links for name in link.path.parameters)

    def misused(self, field: Field, use: Use) -> Rows:
        types = {other.name: other.type for other in use.resource.fields}
        for operation, known in use.names():
            for name in [one for one in self.names if one not in known]:
                kind = types.get(name, "")
                no_text = kind not in {"", "string", "integer", "time"}
                yield (
                    "",
                    not kind,
                    f"link {{{name}}} is neither a parameter of the path of {operation} nor a field",
                )
                yield (
                    "",
                    no_text,
                    f"link {{{name}}} can't be part of a link: the field's type is {kind}",
                )

    def lines(self, script: Script, field: Field, which: str) -> list[str]:
        lines = list[str]()
        segments = dict[str, str]()
        made: list[Branch] = []
        for link in self.links:
            members, texts = link.parts(script.parameters)
            for member in members:
                if member not in segments:
                    one = segments[member] = f"segment_{len(segments)}"
                    lines.append(f"{one} = made.get({member!r})")
                    lines.append(
                        f"if type({one}) is not str or not ({one}.isascii() and {one}.encode().isalnum()):"
                    )
                    lines.append(f"    {one} = segment_of({one})")
            named = [segments[member] for member in members]
            around = [
                script.once_a_call("href", text) if text else "" for text in texts
            ]
            parts = list[str]()
            for pair in zip(around, [*named, ""], strict=True):
                parts += pair
            href = " + ".join(filter(None, parts))
            rel = link.rel[script.api]
            shown = f"{{'href': {href}, 'rel': {rel!r}}}"
            made.append((" and ".join(named), shown))
        if len(made) == 1 and made[0][0]:
            test, one = made[0]
            return lines + chosen(field.name, [(test, f"[{one}]")], which)
        lines.append("links = []")
        for test, one in made:
            if test:
                lines += [f"if {test}:", f"    links.append({one})"]
            else:
                lines += [f"links.append({one})"]
        return lines + chosen(field.name, [("links", "links")], which)
