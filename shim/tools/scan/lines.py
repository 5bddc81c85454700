"""Read texts without a grammar line by line, such as scripts, Terraform and SQL.

Variables that the text sets are replaced. A command line is a call with its method. Any
other line with a retired path or name is of kind ``text``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise

import attrs

from shim.tools.scan import rules
from shim.tools.scan.files import Source
from shim.tools.scan.paths import HOLE
from shim.tools.scan.rules import said
from shim.tools.scan.sought import Place, RetiredUse, Sought, is_living

# The limit on a command line in characters; a longer line is searched only for paths
# and names.
_MAX_LINE_LENGTH = 20_000
_LONGEST_VALUE = 1000  # the limit on a replaced variable in characters
_TOKEN = re.compile(r"[^\s\"'`<>()\[\],;|\\]+")
_SET = re.compile(
    r"^\s*(?:-\s+)?(?:(?:export|local|readonly|typeset|declare|set|ENV|ARG|define|override)\s+(?:-\w+\s+)*)?"
    r"(?:\$(?:env:|script:|global:)?)?[\"']?([A-Za-z_][\w.-]*)[\"']?(?:\s*([:?+]{0,2}=)\s*|:\s+|(?<=[A-Z])\s+(?=\S+$))(.+)$"
)
_VALUE = re.compile(r"\"([^\"]*)\"|'([^']*)'|(\S*)")
_VARIABLE = re.compile(
    r"\$\{\{[^{}]*\}\}|\{\{[^{}]*\}\}|\$\{(?:local\.|var\.|env:)?(\w+)(?:\[[^\]]*\])?(?::?[-?+]([^{}]*))?[^{}]*\}|\$\((\w+)\)"
    r"|\$\(\$(?:env:)?(\w+)[^()]*\)|\$(?:env:|script:|global:)?(\w+|@|\*)|%(\w+)%"
)
_UNKNOWN = re.compile(
    r"\$\{\{[^{}]*\}\}|\{\{[^{}]*\}\}|[$#]\{[^{}]*\}|\\\([^()]*\)|<[\w-]+>|\$\((?![^()]*://)[^()]*\)"
)
"""Values that are known only at run time."""
_KEY = re.compile(r"[\"']?([\w.$-]+)[\"']?\s*[:=]\s*[\"'|>]?[^:=]*$")
_SEQUENCE = re.compile(r"^\s*-\s+[\"']?([^\s\"':{}\[\]]+)[\"']?\s*$")
# A text that is only printed.
_FOR_PEOPLE = re.compile(r"^\s*cat\b(?!.*[|>]\s*[\w$\"/]).*<<-?\s*[\"'\\]?(\w+)[\"']?")
_OPENED = re.compile(r"\s*(/\*|<#|<!--|=begin\b|(?:@\w+ )?\"\"\")")
_CLOSED = {"/*": "*/", "<#": "#>", "<!--": "-->", "=begin": "=end"}
RECORDED = re.compile(
    r"^(http_)?interactions:|\"(http_)?interactions\"\s*:|\"entries\"\s*:\s*\[\s*\{\s*\"(startedDateTime|_)"
    r"|\"endColumn\"\s*:|^\[operation(\.\w+)?\]",
    re.MULTILINE,
)
"""Marks of a text that lists calls but makes none: a recording, findings of a scan, a
mapping document.
"""
DESCRIPTION = re.compile(
    r"^\s*[{\s]*[\"']?(openapi[\"']?\s*:\s*[\"']?3|swagger[\"']?\s*:\s*[\"']?2)\.\d",
    re.MULTILINE,
)
"""The mark of an API's description, as in ``openapi: 3.0.1`` or ``{"swagger": "2.0"``."""
_INSTANCE_TYPE = re.compile(r"InstanceType[\"']?\s*:\s*[\"']?serverless")
"""Distinguishes CloudFormation's backup resources of a serverless instance from those
of a cluster.
"""
_METHOD = re.compile(r"\b(?:GET|POST|PUT|PATCH|DELETE)\b")
_COMPARED = re.compile(r"[!=]=|=~|-eq\b|-ne\b|-like\b|-match\b|<>")
_TALKS = re.compile(
    r"(log|warn|assert|print|die|fail|usage|say|msg|info|debug|error|raise|throw)",
    re.IGNORECASE,
)
_SEGMENT = re.compile(r"[;|&]+|\$\(|`|^\s*-?\s*[\w.-]+:\s")
_HEAD = re.compile(r"\[\[?(?=\s)|(?<![\w\"']):(?=\s)|[\w$][\w$:.!/-]*")
_SENDS = re.compile(
    r"-d.*|--data(-\w+)?(=.*)?|--json(=.*)?|-F.*|--form(=.*)?|--post-(data|file)(=.*)?|-T.*|\w[\w.-]*:?=[^=].*"
)
"""Options, and HTTPie's items, that set content to send."""
_GIVEN = re.compile(r"(?:-X|--request=?|--method=?|-Method)(\w*)")
_MAX_COMMANDS = 100  # command lines in a line
# The end of one quoted argument, and the start of the next.
_LISTED = re.compile(r"[\"']\s*,\s*\[?\s*[\"']")
_NAMES = sorted(rules.words("commands", "http") | rules.words("commands", "atlas"))
_COMMAND = re.compile(rf"(?<![\w.$%-])(?:{'|'.join(map(re.escape, _NAMES))})(?=[\s,])")
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'")
_WORD = re.compile(
    r"(?:[^\s\"'`;|&]|&(?![&\s])|\"(?:\\.|[^\"\\])*\"|'[^']*')+|[;|&]+|[\"'`]"
)


class TextReader:
    """Reads one text.

    ``variables`` have the values that its lines set, and at first those of other files.
    """

    def __init__(
        self, source: Source, sought: Sought, constants: Mapping[str, str] | None = None
    ) -> None:
        self.source = source
        self.sought = sought
        self.is_stack = "mongodb::atlas::" in source.text.casefold()
        self.rows = source.text.split("\n")
        self.variables = dict(constants or {})

    def uses(self) -> Iterator[RetiredUse]:
        """Yield the uses, line by line."""
        for number, row in self._logical():
            line = self.rows[number - 1].rstrip()
            start = len(line) - len(line.lstrip()) + 1
            place = Place(self.source.file, number, start, number, len(line) + 1)
            whole = self._put_in(row)
            if (assigned := _SET.match(row)) is not None:
                value = _VALUE.fullmatch(self._put_in(assigned[3].strip()))
                if value is not None and len(value[0]) < _LONGEST_VALUE:
                    self.variables[assigned[1]] = value[1] or value[2] or value[3] or ""
            found = [*uses_of_commands(self.sought, place, whole)]
            yield from (
                self.sought.ending(found, whole)
                if found
                else self._tokens(row, whole, place)
            )

    def _logical(self) -> Iterator[tuple[int, str]]:
        """Yield each line that is not empty, with its number.

        Comments are removed, and continued lines are joined.
        """
        rows = self.rows
        at = 0
        until = ""
        is_text = False
        sign = {"ps1": "`", "psm1": "`", "bat": "^", "cmd": "^"}.get(
            self.source.ending, "\\"
        )
        while at < len(rows):
            number = at + 1
            row = rows[at]
            at += 1
            if until:
                until = "" if until in row else until
                continue
            opened = None if is_text else _OPENED.match(row)
            is_text ^= opened is None and row.count('"""') % 2 == 1
            if opened is not None:
                closing = _CLOSED.get(opened[1], '"""')
                if closing in row[opened.end() :]:
                    until = ""
                else:
                    until = closing
                continue
            row = self._without_comment(row)
            while row.endswith(sign) and at < len(rows):
                row = row[:-1] + " " + rows[at].strip()
                at += 1
            if (item := _SEQUENCE.match(row)) is not None:
                row = item[1]
                while (
                    at < len(rows) and (item := _SEQUENCE.match(rows[at])) is not None
                ):
                    row += f" {item[1]}"
                    at += 1
            if (here := _FOR_PEOPLE.search(row)) is not None:
                until = here[1]
            if row.strip():
                yield number, row

    def _without_comment(self, row: str) -> str:
        sign = rules.table("comments").get(self.source.ending, "#")
        if row.strip().startswith((sign, "#", "//", "* ", "<!--")):
            return ""
        before = re.split(rf"\s(?:{re.escape(sign)})+\s", row, maxsplit=1)[0]
        if any(before.count(quote) % 2 for quote in "\"'"):
            return row
        return before

    def _called(
        self, word: str, methods: Sequence[str | None], place: Place
    ) -> list[RetiredUse]:
        """Return the use of a path, with the first method that an operation has."""
        for method in methods:
            found = self.sought.called(place, method, word, "text")
            if found:
                return found
        return []

    def _put_in(self, row: str) -> str:
        """Return a line with its variables replaced; an unknown variable is a hole."""

        def value(found: re.Match[str]) -> str:
            names = (found[1], found[3], found[4], found[5], found[6])
            name = next(filter(None, names), "")
            return self.variables.get(name, found[2] or HOLE)

        done = _VARIABLE.sub(value, row)
        if len(done) < _MAX_LINE_LENGTH:
            return done
        return _VARIABLE.sub(HOLE, row)

    def _tokens(self, row: str, whole: str, place: Place) -> Iterator[RetiredUse]:
        """Yield the retired paths and names in a line that is not a command."""
        if not self.sought.concerns(whole) or _COMPARED.search(row):
            return
        said = set(_METHOD.findall(row))
        methods = [*said, None] if len(said) == 1 else [None]
        for token in _TOKEN.finditer(_UNKNOWN.sub(HOLE, whole)):
            word = token[0].rstrip(".:")
            found = self._called(word, methods, place) or self._name(word, place, row)
            before = token.string[max(0, token.start() - 500) : token.start()]
            if found and not _talks(before):
                for one in found:
                    if one.kind == "resource" or not is_living(one.operations[0]):
                        yield one

    def _name(self, word: str, place: Place, row: str) -> list[RetiredUse]:
        """Return the use of a resource or of a client library that a word names."""
        if self.is_stack and _INSTANCE_TYPE.search(row):
            name = "InstanceType: serverless"
        else:
            name = word.strip(":{=")
        block = re.match(r"\s*\"?(resource|data)\"?\s+\"([^\"]+)\"", row)
        is_typed = word.startswith("mongodbatlas_") and self.source.ending in {
            "yml",
            "yaml",
            "json",
        }
        if block is not None and block[2] == word:
            kinds = [block[1]]
        elif is_typed:
            kinds = ["resource", "data"]
        else:
            kinds = []
        uses = [self.sought.spelled(name)]
        uses += [self.sought.of(kind, word) for kind in kinds]
        if resource := next(filter(None, uses), ()):
            return [RetiredUse(place, "resource", resource, None, name)]
        named = filter(
            None,
            (self.sought.named(part) for part in re.findall(r"[A-Za-z_]\w+", word)),
        )
        return [
            RetiredUse(place, "text", some, some[0].method, word)
            for some in islice(named, 1)
        ]


def _talks(before: str) -> bool:
    """Return whether the command or key before a text only mentions it.

    It does, too, if it looks at files.
    """
    key = _KEY.search(before[-200:])
    skipped = rules.words("commands", "before")
    last = _SEGMENT.split(before)[-1]
    words = (one for one in _HEAD.findall(last) if one not in skipped)
    word = next(words, "").rpartition(".")[2]
    talk = rules.words("words", "talk") | {"name", "$ref"}
    is_talk = key is not None and key[1].casefold() in talk
    return (
        is_talk
        or word in rules.words("commands", "talks")
        or _TALKS.match(word) is not None
    )


def uses_of_commands(sought: Sought, place: Place, row: str) -> Iterator[RetiredUse]:
    """Yield the uses in the command lines of a line, except those it only mentions."""
    for before, words in _commands_in(row) if len(row) < _MAX_LINE_LENGTH else ():
        yield from command_uses(sought, place, words) if not _talks(before) else ()


def _commands_in(row: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the command lines in a line, each with the text before it.

    They may start anywhere. Quotes are removed, and nothing is expanded. Arguments that
    are a list are words, too.
    """
    row = _LISTED.sub(" ", row)
    quoted = list(_QUOTED.finditer(row))
    for head in islice(_COMMAND.finditer(row), _MAX_COMMANDS):
        start = head.start()
        around = next((one for one in quoted if one.start() < start < one.end()), None)
        end = None if around is None else around.end() - 1
        text = row[start:end].replace('\\"', '"')
        words = list[str]()
        for word in _WORD.findall(text):
            if re.fullmatch(r"[;|&]+", word):
                break
            plain = _QUOTED.sub(lambda found: found[0][1:-1], word)
            words.append(re.sub(r"^[\"'(@\[]+|[\"'),\]}`]+$", "", plain))
        yield row[: head.start()], words


def command_uses(
    sought: Sought, place: Place, words: Sequence[str]
) -> list[RetiredUse]:
    """Return the use of a command line, or None for other commands."""
    method, addresses = _http_words(words) or (None, [])
    for word in addresses:
        if found := sought.called(place, method, word):
            return found
    rest = _atlas_words(words)
    if rest[:1] == ["api"]:
        named = []
        for one in sought.operations.values():
            if not {one.id, *one.aliases}.isdisjoint(rest[2:3]):
                named.append(one)
        text = " ".join(["atlas", *rest[:3]])
        uses = [RetiredUse(place, "call", tuple(named), None, text)]
        return [
            attrs.evolve(one, kind="command")
            for one in sought.ending(uses, " ".join(words))
        ]
    for end in range(len(rest), 1, -1):
        if called := sought.of("atlas", " ".join(rest[:end])):
            text = " ".join(["atlas", *rest[:end]])
            return [RetiredUse(place, "command", called, called[0].method, text)]
    return []


def _http_words(words: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the method and possible addresses of an HTTP client's command line.

    Returns None for any other command.
    """
    program = words[0] if words else ""
    program = program.rpartition("/")[2].removesuffix(".exe")
    if program not in rules.words("commands", "http"):
        return None
    method = None
    sends = False
    addresses = []
    for at, word in enumerate(words[1:], 1):
        given = _GIVEN.fullmatch(word)
        if given is not None:
            text = given[1] or "".join(words[at + 1 : at + 2])
            method = said(text.upper()) or method
        elif word in rules.words("words", "methods") and at < 3:
            method = method or word
        elif word in {"-G", "--get"}:
            method = "GET"
        elif "://" not in word and _SENDS.fullmatch(word):
            sends = True
        addresses.append(word.removeprefix("--url="))
    return method or ("POST" if sends else "GET"), addresses


def _atlas_words(words: Sequence[str]) -> list[str]:
    """Return the words of an Atlas CLI command without options, or None."""
    words = " ".join(words).split()
    valued = rules.words("commands", "valued")
    rest = []
    for before, word in pairwise(["", *words]):
        if not word.startswith("-") and before not in valued:
            rest.append(word)
    program = rest[0].rpartition("/")[2] if rest else ""
    if program not in rules.words("commands", "atlas"):
        return []
    return rest[1 + (rest[1:2] == ["atlas"]) :]
