"""What following a program brings to light, before duplicates are put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from shim.documents.model import Operation
from shim.scan.values import Place, Text


def _ids(operations: tuple[Operation, ...]) -> tuple[str, ...]:
    return tuple(operation.id for operation in operations)


@attrs.frozen
class Hit:
    """An HTTP call of a retired path.

    ``chain`` are the places of the calls that lead to it, the outermost first, itself last.
    """

    chain: tuple[Place, ...]
    operations: tuple[Operation, ...] = attrs.field(eq=_ids)
    method: str | None
    path: Text


@attrs.frozen
class Mention:
    """A retired path that stands somewhere, whether it is called or not; ``method`` if it stands beside it."""

    place: Place
    operations: tuple[Operation, ...]
    method: str | None
    path: Text


def settled(hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits at the innermost call that already knows the whole path, each once."""
    unique = list({(hit.chain, ids(hit)): hit for hit in hits}.values())
    named: dict[tuple[Place, ...], set[str]] = {}
    for hit in unique:
        named.setdefault(hit.chain, set()).update(ids(hit))
    kept: dict[tuple[Place, tuple[str, ...]], Hit] = {}
    for hit in unique:
        inner = (hit.chain[at:] for at in range(1, len(hit.chain)))
        if not any(named.get(chain, set()).intersection(ids(hit)) for chain in inner):
            kept.setdefault((hit.chain[0], ids(hit)), hit)
    return list(kept.values())


def uncalled(mentions: Iterable[Mention], hits: Iterable[Hit]) -> Iterator[Mention]:
    """Yield the mentions that went into no call and into no longer path."""
    called = {hit.path.atoms for hit in hits}
    longest: dict[frozenset[Place], Mention] = {}
    for mention in mentions:
        longest.setdefault(mention.path.atoms, mention)
    for atoms, mention in longest.items():
        if any(atoms <= other for other in called):
            continue
        if not any(atoms < other for other in longest):
            yield mention


def ids(hit: Hit | Mention) -> tuple[str, ...]:
    """Return the operations' names."""
    return _ids(hit.operations)
