"""The names of retired operations in generated clients, Terraform and CloudFormation."""

from __future__ import annotations

import re
from collections.abc import Collection

from shim.core.recognise import Engine
from shim.documents.model import Operation
from shim.tools.scan import rules

_ENDINGS = (
    "", "async", "withhttpinfo", "asyncwithhttpinfo", "withhttpinfoasync", "withparams", "call", "callasync", "raw",
    "withresponse", "withresponsespec", "validatebeforecall", "ordefaultasync", "execute", "request", "requestconfig",
    "withoutpreloadcontent", "serialize",
)  # fmt: skip
"""The suffixes that generators add to a method's name for its variants, in lower case."""
_RESOURCES = (
    "serverlessinstance", "serverlessprivateendpoint", "_serverless", "shared_tier", "sharedtier", "serverlessspec",
)  # fmt: skip
"""Words; every resource's name has one of them, also in Pulumi and CDKTF."""


class Names:
    """Finds an engine's operations, except some, by their names in programs."""

    def __init__(self, engine: Engine, silent: Collection[str] = ()) -> None:
        operations = [one for one in engine.operations if one.id not in silent]
        self._by_id = {name: one for one in operations for name in (one.id, *one.aliases)}
        said = {**{name: one for one in operations for name in one.sdk}, **self._by_id}
        self._folded = {name.replace("_", "").casefold(): operation for name, operation in said.items()}
        self.words = frozenset({*(name.casefold() for name in said), *self._folded, *_RESOURCES})
        """Words, in lower case; every text that uses a client library has one of them."""

    def any(self, name: str) -> Operation | None:
        """Return the operation of a client's method, variants included."""
        folded = name.replace("_", "").casefold()
        found = (self._folded.get(folded.removesuffix(ending)) for ending in _ENDINGS if folded.endswith(ending))
        return next(filter(None, found), None)

    def grouped(self, service: str, name: str) -> Operation | None:
        """Return the operation of a service's method with a common name."""
        return self._by_id.get(rules.table("grouped").get(service.casefold(), {}).get(name, ""))

    def wrapped(self, name: str) -> tuple[Operation, ...]:
        """Return the operations of a class or function that Pulumi or CDKTF generates from a Terraform name."""
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).casefold()
        for prefix, kind in (("data_mongodbatlas_", "data"), ("get_", "data"), ("", "resource")):
            if snake.startswith(prefix):
                return self.resource(kind, f"mongodbatlas_{snake.removeprefix(prefix)}")
        return ()

    def resource(self, kind: str, name: str) -> tuple[Operation, ...]:
        """Return the operations that a ``resource``, ``data`` or ``type`` of this name calls, its creation first."""
        named = rules.table("resources").get(f"{kind} {name.casefold()}", ())
        return tuple(self._by_id[one] for one in named if one in self._by_id)

    def spelled(self, word: str) -> tuple[Operation, ...]:
        """Return the operations of a word that means a resource wherever it stands."""
        return self.resource(*rules.table("spelled").get(word.casefold(), "no name").split())
