"""Request bodies from Atlas's OpenAPI descriptions: one for each member, and the defects of a body."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import attrs

from tests.core.driver import CASES

Schema = dict[str, Any]
FITS: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}


@attrs.frozen
class Leaf:
    """A body with one member, and the other members that it needs."""

    place: str
    """Names with dots; ``[]`` stands for an item of a list, ``{}`` for a name that the caller chooses."""
    body: Any
    mark: Any
    """The value of the member."""
    is_read_only: bool = False

    def within(self, name: str, body: Any, *, is_read_only: bool = False) -> "Leaf":
        """Return the same member in a body nested within this one."""
        place = (
            f"{name}.{self.place}".rstrip(".").replace(".[]", "[]").replace(".{}", "{}")
        )
        return Leaf(place, body, self.mark, self.is_read_only or is_read_only)


class Bodies:
    """The request bodies of some descriptions, from the facts in ``tests/cases/contract``."""

    def __init__(self, *names: str) -> None:
        """Read the descriptions."""
        documents = [
            json.loads((CASES / "contract" / f"{name}.json").read_text("utf-8"))
            for name in names
        ]
        self.schemas: dict[str, Schema] = {}
        self.bodies: dict[tuple[str, str, str], Schema] = {}
        self._numbers = count(1)
        for document in documents:
            self.schemas |= document["components"]["schemas"]
            for path, item in document["paths"].items():
                for method, operation in item.items():
                    if isinstance(operation, dict):
                        content = operation.get("requestBody", {}).get("content", {})
                    else:
                        content = {}
                    for media, one in content.items():
                        version = media.removeprefix(
                            "application/vnd.atlas."
                        ).partition("+")[0]
                        self.bodies[method.upper(), path, version] = one["schema"]

    def resolved(self, schema: Schema) -> Schema:
        """Return the schema that a reference names."""
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def variants(self, schema: Schema) -> dict[str, Schema]:
        """Return an object's schemas by the discriminator's value; the common schema has an empty one."""
        schema = self.resolved(schema)
        mapping = schema.get("discriminator", {}).get("mapping", {})
        return {word: {"$ref": target} for word, target in mapping.items()} or {
            "": schema
        }

    def members(
        self, schema: Schema, seen: tuple[int, ...] = ()
    ) -> dict[str, list[Schema]]:
        """Return an object's possible members by name, with each member's descriptions."""
        schema = self.resolved(schema)
        found: dict[str, list[Schema]] = {
            name: [one] for name, one in schema.get("properties", {}).items()
        }
        if id(schema) in seen:
            return found
        parts = [
            *schema.get("allOf", ()),
            *(() if "discriminator" in schema and seen else schema.get("oneOf", ())),
        ]
        for part in (*parts, *schema.get("anyOf", ())):
            for name, others in self.members(part, (*seen, id(schema))).items():
                found.setdefault(name, []).extend(others)
        return found

    def leaves(self, schema: Schema, depth: int = 0) -> Iterator[Leaf]:
        """Yield a body for each member, and one for each member of the objects in it."""
        schema = self.resolved(schema)
        if schema.get("type") == "array":
            for leaf in self.leaves(schema["items"], depth + 1):
                yield leaf.within("[]", [leaf.body])
            return
        chooser = schema.get("discriminator", {}).get("propertyName")
        more = schema.get("additionalProperties")
        if isinstance(more, dict) and not schema.get("properties"):
            for leaf in self.leaves(more, depth + 1):
                yield leaf.within("{}", {"US_EAST_1": leaf.body})
            return
        has_members = False
        for word, variant in self.variants(schema).items() if depth < 8 else ():
            around = {chooser: word} if chooser else {}
            for name, (one, *_) in self.members(variant).items():
                has_members = True
                if name == chooser:
                    yield Leaf(name, around, word)
                    continue
                for leaf in self.leaves(one, depth + 1):
                    yield leaf.within(
                        name,
                        {**around, name: leaf.body},
                        is_read_only=bool(one.get("readOnly")),
                    )
        if not has_members:
            mark = self.mark(schema)
            yield Leaf("", mark, mark)

    def required(self, schema: Schema) -> Any:
        """Return a body with the required members only."""
        schema = self.resolved(schema)
        if schema.get("type") == "array":
            return [self.required(schema["items"])]
        parts = (schema, *map(self.resolved, schema.get("allOf", ())))
        names = dict.fromkeys(
            name for part in parts for name in part.get("required", ())
        )
        members = self.members(schema)
        if not members:
            return self.mark(schema)
        return {name: self.required(members[name][0]) for name in names}

    def _needed(self, schema: Schema) -> set[str]:
        """Return the members that every form of the object requires."""
        schema = self.resolved(schema)
        needed = {*schema.get("required", ())}.union(
            *map(self._needed, schema.get("allOf", ()))
        )
        forms = [
            self._needed(one)
            for one in schema.get("oneOf", ())
            if "discriminator" not in schema
        ]
        return needed.union(set.intersection(*forms) if forms else ())

    def mark(self, schema: Schema) -> Any:
        """Return one value for a member, even if its schema allows many."""
        schema = self.resolved(schema)
        number = next(self._numbers)
        for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
            return self.mark(one)
        words = [
            word for word in schema.get("enum", ()) if word != schema.get("default")
        ] or schema.get("enum", ())
        if words:
            return words[-1]
        if schema.get("type") in {"integer", "number"}:
            return min(
                max(schema.get("minimum", 0), 11 + number % 40),
                schema.get("maximum", 1 << 30) - 2,
            )
        if schema.get("type") == "boolean":
            return True
        if schema.get("type") == "object":
            return {f"mark{number}": f"mark{number}"}
        if schema.get("format") == "date-time":
            return f"2027-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z"
        if "a-f0-9" in schema.get("pattern", ""):
            return f"{number:024x}"
        return f"mark{number}"

    def defects(self, schema: Schema, value: Any, at: str = "") -> Iterator[str]:
        """Yield the place of each member that the schema lacks or has for reads only, and of each wrong value."""
        schema = self.resolved(schema)
        kind = schema.get("type")
        options = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        if schema == {"type": "object"}:  # a schema that allows any value
            return
        if options and not isinstance(value, dict):
            yield from min(
                ([*self.defects(one, value, at)] for one in options), key=len
            )
            return
        is_number = kind in {"integer", "number"} and isinstance(value, bool)
        if kind and (is_number or not isinstance(value, FITS[kind])):
            yield f"{at}: {value!r} is no {kind}"
        elif "enum" in schema and value not in schema["enum"]:
            yield f"{at}: {value!r} is not one of its words"
        elif isinstance(value, list):
            for one in value:
                yield from self.defects(schema.get("items", {}), one, f"{at}[]")
        elif isinstance(value, dict):
            yield from self._of_object(schema, value, at)

    def _of_object(
        self, schema: Schema, value: dict[str, Any], at: str
    ) -> Iterator[str]:
        variants = self.variants(schema)
        chosen = value.get(schema.get("discriminator", {}).get("propertyName"), "")
        known = self.members(variants.get(chosen, schema))
        more = schema.get("additionalProperties")
        for name in self._needed(variants.get(chosen, schema)) - value.keys():
            yield f"{at}.{name} is missing".lstrip(".")
        for name, one in value.items():
            place = f"{at}.{name}".lstrip(".")
            if name in known:
                if any(option.get("readOnly") for option in known[name]):
                    yield f"{place} is for reads alone"
                yield from min(
                    ([*self.defects(option, one, place)] for option in known[name]),
                    key=len,
                )
            elif isinstance(more, dict):
                yield from self.defects(more, one, f"{at}{{}}")
            elif known and not more:
                yield f"{place} is unknown"
