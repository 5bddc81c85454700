"""Reads texts without a grammar line by line: configuration, scripts, make, Docker, Terraform, SQL.

Variables that the text sets are replaced, and a shell script's functions are followed where they are called. A
command line is a call with its method; any other line with a retired path or name is of kind ``text``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import attrs

from shim.tools.scan import rules
from shim.tools.scan.script import SET, Script
from shim.tools.scan.sightings import Use
from shim.tools.scan.texts import HOLE, Place

_TOKEN = re.compile(r"[^\s\"'`<>()\[\],;|\\]+")
_KEY = re.compile(r"[\"']?([\w.$-]+)[\"']?\s*[:=]\s*[\"'|>]?[^:=]*$")
_RECORDED = re.compile(
    r"^(http_)?interactions:|\"(http_)?interactions\"\s*:|\"entries\"\s*:\s*\[\s*\{\s*\"(startedDateTime|_)"
    r"|\"fingerprint\"\s*:|json\.schemastore\.org/sarif|^\[operation\.\w+\]",
    re.MULTILINE,
)
_METHOD = re.compile(
    r"\b(GET|POST|PUT|PATCH|DELETE)\b|method[\"']?\s*[:=]\s*[\"']?(get|post|put|patch|delete)\b", re.IGNORECASE
)
_COMPARED = re.compile(r"[!=]=|=~|-eq\b|-ne\b|-like\b|-match\b|<>")
_ANY_KEY = re.compile(r"^\s*(?:-\s+)?[\"']?([\w.$-]+)[\"']?\s*[:=]")

_LONGEST = 20_000
"""The most characters of a command line; a longer line is searched for paths and names only."""
_SAYS = re.compile(
    r"\s*(\S+\.)?(print|puts|IO\.puts|log\w*|\w*[lL]ogger|raise|throw|assert\w*|fail|die|error|warn|usage|RAISE|println?!?)"
    r"[ (.]"
)


def is_recording(text: str) -> bool:
    """Return whether a text has calls but makes none: a recording, a baseline, a mapping document."""
    return _RECORDED.search(text) is not None


@attrs.define
class Lines(Script):
    """Reads one text."""

    def uses(self) -> Iterator[Use]:
        """Yield the uses in line order; the line that sets a variable only if no command uses the variable."""
        held: list[tuple[str, Use]] = []
        openapi = re.search(r"^\s*[\"']?(openapi|swagger)[\"']?\s*:", self.text, re.MULTILINE) is not None
        if openapi:
            yield from self._description()
            return
        rows = list(self._logical())
        self._find_functions(rows)
        for number, row in rows:
            if not row.strip():
                continue
            found = list(self._row(number, row))
            assigned = SET.match(row) if self.ending not in {"json", "tf", "hcl"} or "=" in row else None
            if assigned is not None and found and all(use.kind == "text" for use in found) and self._is_script():
                held += [(assigned[1], use) for use in found]
            else:
                yield from found
        yield from (use for name, use in held if name not in self.used)

    def _row(
        self, number: int, row: str, place: Place | None = None, given: Mapping[str, str] = {}, depth: int = 0
    ) -> Iterator[Use]:
        place = place or self._place(number, row)
        self._inserted = set()
        whole = self._put_in(row, given)
        inserted = frozenset(self._inserted)
        found: list[Use] = []
        key = _ANY_KEY.match(row)
        if key is not None and not self._is_shell() and key[1].casefold() in rules.words("words", "talk") | {"name"}:
            return
        for command in self._commands(whole) if len(whole) < _LONGEST else ():
            if command and command[0] in self.functions and depth < 3:
                params = {str(at): word for at, word in enumerate(command[1:], 1)} | {
                    "@": " ".join(command[1:]),
                    "*": " ".join(command[1:]),
                }
                for line, inner in self.functions[command[0]]:
                    if (assigned := SET.match(inner)) is not None:
                        params[assigned[1]] = self._put_in(assigned[3], params).strip("\"' ")
                    with_it = [one for one in self._row(line, inner, place, params, depth + 1) if one.kind != "text"]
                    without = [one.operations for one in self._row(line, inner, place, {}, 3)]
                    found += [one for one in with_it if one.operations not in without]
            elif (use := self.sought.command(place, command)) is not None:
                found.append(use)
        if found:
            self.used |= inserted
        self._remember(row, given, inserted, number)
        yield from found or (self._tokens(number, row, whole, place) if not depth else ())

    def _tokens(self, number: int, row: str, whole: str, place: Place) -> Iterator[Use]:
        """Yield the retired paths and names in a line that is not a command."""
        commands = list(self._plain_commands(row[:_LONGEST]))
        if not self.sought.concerns(whole) or _COMPARED.search(row) or _SAYS.match(row):
            return
        if any(one and self._talks(one) for one in commands if any(self.sought.concerns(word) for word in one)):
            return
        seen = set()
        for token in _TOKEN.finditer(
            re.sub(r"\$\{\{.*?\}\}|\{\{.*?\}\}|[$#]\{[^{}]*\}|\\\([^()]*\)|<[\w-]+>", HOLE, whole)
        ):
            word = re.sub(r"^[\w.-]+=(?=/|https?:|\x00)", "", token[0]).rstrip(".")
            if not self.sought.concerns(word):
                continue
            key = _KEY.search(whole[max(0, token.start() - 200) : token.start()])
            if key is not None and key[1].casefold() in rules.words("words", "talk") | {"name", "$ref"}:
                continue
            use = self.sought.called(place, None, word, "text")
            if use is not None:
                use = self.sought.called(place, self._method(number), word, "text") or use
            else:
                use = self._name(word, place, row, key[1] if key is not None else "")
            if use is not None and use.operations[0].id not in seen:
                seen.add(use.operations[0].id)
                yield use

    def _method(self, number: int) -> str | None:
        rows = self.text.split("\n")
        near = "\n".join(rows[max(0, number - 4) : number + 3])
        found = {(one[1] or one[2]).upper() for one in _METHOD.finditer(near)}
        return found.pop() if len(found) == 1 else None

    def _name(self, word: str, place: Place, row: str, key: str) -> Use | None:
        resource = self.sought.names.spelled(word.strip(":{=").casefold())
        if not resource and (block := re.match(r"\s*\"?(resource|data)\"?\s+\"(\w+)\"", row)) is not None:
            resource = self.sought.names.resource(block[1], block[2]) if word == block[2] else ()
        if not resource and word.startswith("mongodbatlas_") and self.ending in {"json", "yaml", "yml"}:
            resource = self.sought.names.resource("resource", word) or self.sought.names.resource("data", word)
        if not resource and word.casefold() == "serverless" and key == "InstanceType":
            resource = self.sought.names.spelled("cfnserverlessinstance") if "mongodb" in self.text.casefold() else ()
        if resource:
            return Use(
                place,
                "resource" if not word.casefold().startswith("serverless") else "text",
                resource,
                None,
                word.strip(":{="),
            )
        if re.match(r"\s*(def|func|function|sub|fn|defp|CREATE)\b", row):
            return None
        for part in re.findall(r"[A-Za-z_]\w+", word):
            operation = self.sought.names.any(part)
            if operation is not None:
                return Use(place, "text", (operation,), operation.method, part)
        return None

    def _description(self) -> Iterator[Use]:
        """Yield the operations of an OpenAPI description."""
        path = ""
        for number, row in enumerate(self.text.split("\n"), 1):
            if (found := re.match(r"\s+[\"']?(/[^\s\"':]+)[\"']?:", row)) is not None:
                path = found[1]
            if (found := re.match(r"\s+[\"']?(get|post|put|patch|delete)[\"']?:", row)) is not None:
                use = self.sought.called(self._place(number, row), found[1].upper(), path, "path")
                if use is not None:
                    yield use
