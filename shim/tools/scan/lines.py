"""Reads texts without a grammar line by line: configuration, scripts, make, Docker, Terraform, SQL.

Variables that the text sets are replaced. A command line is a call with its method; any other line with a retired
path or name is of kind ``text``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from shim.tools.scan import rules
from shim.tools.scan.commands import commands_in
from shim.tools.scan.sought import Sought, Use
from shim.tools.scan.texts import HOLE, Place

_LONGEST = 20_000
"""The most characters of a command line; a longer line is searched for paths and names only."""
_TOKEN = re.compile(r"[^\s\"'`<>()\[\],;|\\]+")
_SET = re.compile(
    r"^\s*(?:-\s+)?(?:(?:export|local|readonly|typeset|declare|set|ENV|ARG|define|override)\s+(?:-\w+\s+)*)?"
    r"(?:\$(?:env:|script:|global:)?)?[\"']?([A-Za-z_][\w.-]*)[\"']?(?:\s*([:?+]{0,2}=)\s*|:\s+|(?<=[A-Z])\s+(?=\S+$))(.+)$"
)
_VARIABLE = re.compile(
    r"\$\{\{[^{}]*\}\}|\{\{[^{}]*\}\}|\$\{(?:local\.|var\.|env:)?(\w+)(?:\[[^\]]*\])?(?::?[-?+]([^{}]*))?[^{}]*\}|\$\((\w+)\)"
    r"|\$\(\$(?:env:)?(\w+)[^()]*\)|\$(?:env:|script:|global:)?(\w+|@|\*)|%(\w+)%"
)
_UNKNOWN = re.compile(r"\$\{\{.*?\}\}|\{\{.*?\}\}|[$#]\{[^{}]*\}|\\\([^()]*\)|<[\w-]+>|\$\([^()]*\)")
"""Values that only a run knows."""
_KEY = re.compile(r"[\"']?([\w.$-]+)[\"']?\s*[:=]\s*[\"'|>]?[^:=]*$")
_ANY_KEY = re.compile(r"^\s*(?:-\s+)?[\"']?([\w.$-]+)[\"']?\s*[:=]")
_SEQUENCE = re.compile(r"^\s*-\s+[\"']?([^\s\"':{}\[\]]+)[\"']?\s*$")
_HEREDOC = re.compile(r"<<-?\s*[\"'\\]?(\w+)[\"']?")
_OPENED = re.compile(r"\s*(/\*|<#|<!--|=begin\b|(?:@\w+ )?\"\"\")")
_CLOSED = {"/*": "*/", "<#": "#>", "<!--": "-->", "=begin": "=end"}
_RECORDED = re.compile(
    r"^(http_)?interactions:|\"(http_)?interactions\"\s*:|\"entries\"\s*:\s*\[\s*\{\s*\"(startedDateTime|_)"
    r"|\"fingerprint\"\s*:|json\.schemastore\.org/sarif|^\[operation\.\w+\]",
    re.MULTILINE,
)
_METHOD = re.compile(
    r"\b(GET|POST|PUT|PATCH|DELETE)\b|method[\"']?\s*[:=]\s*[\"']?(get|post|put|patch|delete)\b"
    r"|^\s+[\"']?(get|post|put|patch|delete)[\"']?:",
    re.IGNORECASE | re.MULTILINE,
)
_COMPARED = re.compile(r"[!=]=|=~|-eq\b|-ne\b|-like\b|-match\b|<>")
_TALKS = re.compile(r"(log|warn|assert|print|die|fail|usage|say|msg|info|debug|error|raise|throw)", re.IGNORECASE)
_CONCATENATED = re.compile(
    r"[\"']\s*(\.\.|\+|\|\||<>)\s*[\w.$()\[\]]+\s*\1\s*[\"']|\w+\s*(?:\.\.|\+|\|\||<>)\s*[\"'](?=/)"
)
_SEGMENT = re.compile(r"[;|&]+|\$\(|`|^\s*-?\s*[\w.-]+:\s")
_HEAD = re.compile(r"\[\[?(?=\s)|(?<![\w\"']):(?=\s)|[\w$][\w$:.!/-]*")
_DEFINES = re.compile(r"\s*(def|func|function|sub|fn|defp|CREATE)\b")


def is_recording(text: str) -> bool:
    """Return whether a text has calls but makes none: a recording, a baseline, a mapping document."""
    return _RECORDED.search(text) is not None


@attrs.define
class Lines:
    """Reads one text; ``ending`` is the kind of file, ``variables`` have a value and the names it is made of."""

    file: str
    text: str
    ending: str
    sought: Sought
    variables: dict[str, tuple[str, frozenset[str]]] = attrs.field(factory=dict)
    used: set[str] = attrs.field(factory=set)

    def uses(self) -> Iterator[Use]:
        """Yield the uses in line order; the line that sets a variable only if no command uses the variable."""
        held: list[tuple[str, Use]] = []
        for number, row in self._logical():
            assigned = _SET.match(row)
            found = list(self._row(number, row))
            if assigned is not None and all(use.kind == "text" for use in found) and self._is("shells", "terraform"):
                held += [(assigned[1], use) for use in found]
            else:
                yield from found
        yield from (use for name, use in held if name not in self.used)

    def _is(self, *kinds: str) -> bool:
        return any(self.ending in rules.words("kinds", kind) for kind in kinds)

    def _logical(self) -> Iterator[tuple[int, str]]:
        """Yield each line that is not empty with its number: without comments, continued lines joined."""
        rows = self.text.split("\n")
        sign = {"ps1": "`", "psm1": "`", "bat": "^", "cmd": "^"}.get(self.ending, "\\")
        at, until = 0, ""
        while at < len(rows):
            number, row = at + 1, rows[at]
            at += 1
            if until:
                until = "" if until in row else until
                continue
            if (opened := _OPENED.match(row)) is not None:
                closing = _CLOSED.get(opened[1], '"""')
                until = "" if closing in row[opened.end() :] else closing
                continue
            row = self._without_comment(row)
            while row.endswith(sign) and at < len(rows):
                row = row[:-1] + " " + rows[at].strip()
                at += 1
            if self._is("yaml") and (item := _SEQUENCE.match(row)) is not None:
                words = [item[1]]
                while at < len(rows) and (item := _SEQUENCE.match(rows[at])) is not None:
                    words.append(item[1])
                    at += 1
                row = " ".join(words)
            if (
                self._is("shells")
                and (here := _HEREDOC.search(row)) is not None
                and re.match(r"\s*cat\b(?!.*[|>]\s*[\w$\"/])", row.replace("<<", "")) is not None
            ):
                until = here[1]  # a text for people
            if row.strip():
                yield number, row

    def _without_comment(self, row: str) -> str:
        sign = rules.table("comments").get(self.ending, "#")
        if row.strip().startswith((sign, "#", "//", "* ", "<!--")):
            return ""
        found = re.search(rf"\s{re.escape(sign)}\s.*$", row)
        if found is not None and not any(row[: found.start()].count(quote) % 2 for quote in "\"'"):
            return row[: found.start()]
        return row

    def _row(self, number: int, row: str) -> Iterator[Use]:
        start = len(row) - len(row.lstrip()) + 1
        first = self.text.split("\n", number)[number - 1] if number < 2 else row
        place = Place(self.file, number, start, number, max(start, len(first.rstrip()) + 1))
        whole, made_of = self._put_in(row)
        self._remember(row)
        key = _ANY_KEY.match(row)
        if key is not None and not self._is("shells") and self._is_talk(key[1]):
            return
        found = [
            use
            for before, words in (commands_in(whole) if len(whole) < _LONGEST else ())
            if not _talks(before) and (use := self.sought.command(place, words)) is not None
        ]
        if found:
            self.used |= made_of
        yield from found or self._tokens(number, row, whole, place)

    def _remember(self, row: str) -> None:
        """Note the variable that a line sets."""
        if (assigned := _SET.match(row)) is None:
            return
        name, (value, made_of) = assigned[1], self._put_in(assigned[3].strip())
        if value[:1] in {'"', "'", "("} and value[-1:] == {"(": ")"}.get(value[:1], value[:1]):
            value = value[1:-1]
        elif self._is("powershell"):
            return  # an expression
        self.variables[name] = value, made_of

    def _put_in(self, row: str) -> tuple[str, frozenset[str]]:
        """Return a line with its variables replaced, and their names; an unknown variable is a hole."""
        row = row.replace("$$", "$") if self._is("make") else row
        inserted = set[str]()

        def value(found: re.Match[str]) -> str:
            name = next(filter(None, (found[1], found[3], found[4], found[5], found[6])), "")
            if name in self.variables:
                inserted.update({name}, self.variables[name][1])
                return self.variables[name][0]
            return found[2] or HOLE

        for _ in range(2):
            row = _VARIABLE.sub(value, row)
        return row, frozenset(inserted)

    def _is_talk(self, key: str) -> bool:
        return key.casefold() in rules.words("words", "talk") | {"name", "$ref"}

    def _tokens(self, number: int, row: str, whole: str, place: Place) -> Iterator[Use]:
        """Yield the retired paths and names in a line that is not a command."""
        if not self.sought.concerns(whole) or _COMPARED.search(row):
            return
        seen = set()
        for token in _TOKEN.finditer(_CONCATENATED.sub(HOLE, _UNKNOWN.sub(HOLE, whole))):
            word = re.sub(r"^[\w.-]+=(?=/|https?:|\x00)", "", token[0]).rstrip(".:")
            if not self.sought.concerns(word) or _talks(token.string[: token.start()]):
                continue
            key = _KEY.search(token.string[max(0, token.start() - 200) : token.start()])
            if key is not None and self._is_talk(key[1]):
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
        """Return the only method in a line, or else in the lines around it."""
        rows = self.text.split("\n")
        for near in (rows[number - 1], "\n".join(rows[max(0, number - 4) : number + 3])):
            found = {next(filter(None, one.groups())).upper() for one in _METHOD.finditer(near)}
            if found:
                return found.pop() if len(found) == 1 else None
        return None

    def _name(self, word: str, place: Place, row: str, key: str) -> Use | None:
        """Return the use of a resource or of a client library that a word names."""
        resource = self.sought.spelled(word.strip(":{="))
        block = re.match(rf"\s*\"?(resource|data)\"?\s+\"{re.escape(word)}\"", row)
        if block is not None or (word.startswith("mongodbatlas_") and self._is("yaml", "json")):
            kinds = [block[1]] if block is not None else ["resource", "data"]
            resource = next(filter(None, (self.sought.resource(kind, word) for kind in kinds)), ())
        if word.casefold() == "serverless" and key == "InstanceType" and "mongodb" in self.text.casefold():
            resource = self.sought.spelled("cfnserverlessinstance")
        if resource:
            kind = "text" if word.casefold().startswith("serverless") else "resource"
            return Use(place, kind, resource, None, word.strip(":{="))
        if _DEFINES.match(row):
            return None
        found = (self.sought.named(part) for part in re.findall(r"[A-Za-z_]\w+", word))
        operation = next(filter(None, found), None)
        return None if operation is None else Use(place, "text", (operation,), operation.method, word)


def _talks(before: str) -> bool:
    """Return whether the command before a text only talks about it, or looks at files."""
    segment = _SEGMENT.split(before)[-1]
    skipped = rules.words("commands", "before")
    words = (one.rpartition(".")[2] or one for one in _HEAD.findall(segment) if one not in skipped)
    word = next(words, "")
    return word in rules.words("commands", "talks") or _TALKS.match(word) is not None
