"""Names, attributes and items: reading them and giving them values."""

from __future__ import annotations

import ast

from shim.scan import expressions, functions
from shim.scan.run import Run
from shim.scan.values import (
    HOLE,
    UNKNOWN,
    Bound,
    Class,
    Frame,
    Func,
    Instance,
    Place,
    Ref,
    Seq,
    Super,
    Table,
    Text,
    Thing,
    Value,
    Whole,
    join,
    known,
)

_SAME = frozenset({"value", "path", "url", "raw_path", "text", "parent", "_value_"})
"""Attributes of an enum member or of a URL that are, as far as a path is concerned, the text itself."""


def dotted(node: ast.expr) -> str:
    """Return the source of a chain of names such as ``a.b.c``, empty for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def attribute(run: Run, thing: Thing, name: str, at: Place) -> Value:
    """Return an attribute of one alternative; properties are followed."""
    match thing:
        case Instance():
            return _of_instance(run, thing, name, at)
        case Class():
            found = thing.find(name)
            return (
                (Ref(name, external=thing.foreign),)
                if found is None
                else join(_bound(run, one, thing, at) for one in found)
            )
        case Super(owner, me):
            for base in owner.bases:
                found = base.find(name)
                if found is not None:
                    return join(_bound(run, one, me or base, at) for one in found)
            return (Ref(name, external=True, base=None if me is None else me.base),)
        case Whole(module):
            frame = functions.followed(run, module)
            if name in frame.names:
                return frame.names[name]
            inner = run.modules.imported(name, 1, module)
            return (Ref(name),) if inner is None else (Whole(inner),)
        case Text():
            return (thing,) if name in _SAME else (Ref(name),)
        case Ref():
            return (Ref(f"{thing.name}.{name}" if thing.name else name, thing.external, thing.base),)
        case _:
            return (Ref(name),)


def _of_instance(run: Run, me: Instance, name: str, at: Place) -> Value:
    if name in me.attributes:
        return me.attributes[name]
    if me.kind is None:
        return UNKNOWN
    found = me.kind.find(name)
    if found is not None and any(isinstance(one, Func) for one in found):
        return join(_bound(run, one, me, at) for one in found)
    shared = functions.attributes_of(run, me.kind).get(name)
    if shared is not None or found is not None:
        return join(value for value in (shared, found) if value is not None)
    return (Ref(name, external=me.kind.foreign, base=me.base),)


def _bound(run: Run, thing: Thing, me: Instance | Class, at: Place) -> Value:
    if not isinstance(thing, Func):
        return (thing,)
    marks = {dotted(mark).rpartition(".")[2] for mark in getattr(thing.node, "decorator_list", ())}
    if "staticmethod" in marks:
        return (thing,)
    if "classmethod" in marks:
        kind = me if isinstance(me, Class) else me.kind
        return (Bound(thing, kind if kind is not None else me),)
    if isinstance(me, Class):
        return (thing,)
    if marks & {"property", "cached_property"}:
        return functions.invoke(run, Bound(thing, me), [], {}, at)
    return (Bound(thing, me),)


def item(thing: Thing, key: Value) -> Value:
    """Return what a subscript of one alternative is; everything in it when the key is unknown."""
    names = [name.s for name in known(key) if HOLE not in name.s]
    match thing:
        case Table():
            found = [value for name in names if (value := thing.get(name)) is not None]
            if len(found) == len(key):
                return join(found)
            return join([*(found or [value for _, value in thing.items]), UNKNOWN])
        case Seq(items, rest):
            indexes = [int(name) for name in names if name.isdigit()]
            if len(indexes) == len(key) and not rest and all(index < len(items) for index in indexes):
                return join(items[index] for index in indexes)
            return join([*items, UNKNOWN])
        case Class() if names and (value := thing.find(names[0])) is not None:
            return value
        case Ref():
            return (Ref(f"{thing.name}[]", thing.external),)
        case _:
            return UNKNOWN


def items_of(value: Value) -> tuple[list[Value], bool]:
    """Return what looping over a value gives, and whether that is exactly it."""
    if len(value) == 1 and isinstance(value[0], Seq) and not value[0].rest:
        return list(value[0].items), True
    found: list[Value] = []
    for thing in value:
        match thing:
            case Seq(items, _):
                found += items
            case Table(items, _):
                found += [(Text(name),) for name, _ in items]
            case Class(frame=frame):
                found += frame.names.values()
    exact = len(value) == 1 and isinstance(value[0], Table) and not value[0].rest
    return found, exact


def bind(run: Run, target: ast.expr, value: Value, frame: Frame) -> None:
    """Give a target of an assignment its value."""
    match target:
        case ast.Name(id=name):
            scope = functions.module_frame(frame) if name in frame.outer else frame
            scope.names[name] = value
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            items, exact = items_of(value)
            fits = exact and len(items) == len(elements) and not any(isinstance(one, ast.Starred) for one in elements)
            for at, element in enumerate(elements):
                bind(run, element, items[at] if fits else join([*items, UNKNOWN]), frame)
        case ast.Starred(value=inner):
            bind(run, inner, (Seq((value,), rest=True),), frame)
        case ast.Attribute(value=owner):
            _set_attribute(expressions.evaluate(run, owner, frame), target, value, frame)
        case ast.Subscript(value=owner, slice=key):
            _set_item(run, owner, expressions.evaluate(run, key, frame), value, frame)


def _set_attribute(owner: Value, target: ast.Attribute, value: Value, frame: Frame) -> None:
    name, path = target.attr, dotted(target)
    for thing in owner:
        if isinstance(thing, Instance):
            # Of two branches only one may have been run.
            old = thing.attributes.get(name) if frame.branches else None
            thing.attributes[name] = join([old, value]) if old is not None else value
            thing.writes += 1
        elif isinstance(thing, Class):
            thing.frame.names[name] = value
        elif path:
            frame.names[path] = value


def _set_item(run: Run, owner: ast.expr, key: Value, value: Value, frame: Frame) -> None:
    things = expressions.evaluate(run, owner, frame)
    names = [name.s for name in known(key) if HOLE not in name.s]
    changed = tuple(
        Table((*thing.items, *((name, value) for name in names)), thing.rest or not names)
        if isinstance(thing, Table)
        else thing
        for thing in things
    )
    if changed != things and isinstance(owner, ast.Name | ast.Attribute):
        bind(run, owner, changed, frame)
