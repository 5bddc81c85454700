"""The callers that documents name: methods of clients, commands, resources of providers, and words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from shim.documents.load import CALLER
from shim.documents.model import Document, Operation
from shim.tools.scan import rules
from shim.tools.scan.pins import Limit, before


def plain_name(name: str) -> str:
    """Return a name as it is compared, whatever the language."""
    return name.replace("_", "").casefold()


def _plain(kind: str, name: str) -> str:
    """Return a caller's name as it is compared: of a command, words in full, one of many."""
    if kind != "atlas":
        return name
    names = rules.table("commands", "names")
    return " ".join(names.get(word, word).removesuffix("s") for word in name.casefold().split())


class Callers:
    """The callers of operations, in the newest version of each tool that a tree admits (by the first word of a caller).

    Without a limit it is today's version. Methods are those of ``sought`` operations, whose ids are methods, too;
    ``words`` are in every text that names a caller of the operations.
    """

    def __init__(
        self, documents: Iterable[Document], sought: Iterable[Operation], limits: Mapping[str, Limit | None]
    ) -> None:
        self._by_name: dict[tuple[str, str], list[Operation]] = {}
        self._methods: dict[str, list[tuple[str, Operation]]] = {}
        self.words = {"atlas", "mongodb", "mongocli"}
        known = {one.id: one for one in sought}
        served = set[tuple[str, str]]()
        for document in documents:
            operations = {one.id: one for one in document.operations}
            for caller, names in document.callers.items():
                kind, name, since, until = re.findall(CALLER, caller)[0]
                newest = limits.get(kind)
                is_later = until and (newest is None or newest > before(until))
                if is_later or (since and newest is not None and newest <= before(since)):
                    continue
                found = [operations[one] for one in names if one in operations]
                self._by_name.setdefault((kind, _plain(kind, name)), []).extend(found)
                service, _, method = name.rpartition(".")
                for one in (one for one in found if kind == "sdk" and one.id in known):
                    self._method(one, method, service)
                    served.add((one.id, plain_name(method)))
                self.words.update([plain_name(name)] if kind == "word" else ())
        for one in known.values():
            for name in (one.id, *one.aliases):
                if (one.id, plain_name(name)) not in served:
                    self._method(one, name)

    def _method(self, operation: Operation, name: str, service: str = "") -> None:
        self._methods.setdefault(plain_name(name), []).append((plain_name(service), operation))
        self.words.update([] if service else [plain_name(name)])

    def named(self, name: str, has: Callable[[str], bool] = lambda _: False) -> tuple[Operation, ...]:
        """Return the operations of a client's method, variants included: one, or one for each version.

        ``has`` says whether a method is one of a service: documents name the service of common names.
        """
        folded = plain_name(name)
        endings = filter(folded.endswith, rules.table("words", "variants"))
        found = (self._methods.get(folded.removesuffix(ending), ()) for ending in endings)
        meant = ([one for service, one in some if not service or has(service)] for some in found)
        return tuple(next(filter(None, meant), ()))

    def of(self, kind: str, name: str) -> tuple[Operation, ...]:
        """Return the operations that a caller of this kind calls: those that end first, and of these its creation."""
        found = self._by_name.get((kind, _plain(kind, name)), [])
        return tuple(sorted(found, key=lambda one: (one.sunset, one.method != "POST")))

    def wrapped(self, name: str) -> tuple[Operation, ...]:
        """Return the operations of a class or function that Pulumi or CDKTF generates from a Terraform name."""
        if not (name[:1].isupper() or name.startswith(("get", "lookup"))):
            return ()
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).casefold().removesuffix("_output")
        for prefix, kind in (("data_mongodbatlas_", "data"), ("get_", "data"), ("lookup_", "data"), ("", "resource")):
            if snake.startswith(prefix):
                return self.of(kind, f"mongodbatlas_{snake.removeprefix(prefix)}")
        return ()

    def spelled(self, word: str) -> tuple[Operation, ...]:
        """Return the operations of a word that means a resource of Pulumi, CloudFormation or CDK wherever it stands."""
        if (pulumi := re.fullmatch(r"mongodbatlas:(?:index(?:/\w+)?:)?(\w+)", word)) is not None:
            return self.wrapped(pulumi[1])
        return self.of("word", word) or self.of("word", re.sub(r"^Cfn", "MongoDB::Atlas::", word))
