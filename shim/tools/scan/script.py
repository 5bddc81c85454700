"""Reads the logical lines of a script: continued lines joined, variables replaced, split into commands.

One reader serves shell, make, Docker, PowerShell, Terraform, and command lines in YAML and JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import attrs

from shim.tools.scan import rules
from shim.tools.scan.sightings import Sought
from shim.tools.scan.texts import HOLE, Place, percent

_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'")
_WORD = re.compile(r"(?:[^\s\"'`;|&]|&(?![&\s])|\"(?:\\.|[^\"\\])*\"|'[^']*')+|[;|&]+")
SET = re.compile(
    r"^\s*(?:-\s+)?(?:(?:export|local|readonly|typeset|declare|set|ENV|ARG|define|override)\s+(?:-\w+\s+)*)?"
    r"(?:\$(?:env:|script:|global:)?)?[\"']?([A-Za-z_][\w.-]*)[\"']?(?:\s*([:?+]{0,2}=)\s*|:\s+|(?<=[A-Z])\s+(?=\S+$))(.+)$"
)
_VARIABLE = re.compile(
    r"\$\{\{[^{}]*\}\}|\{\{[^{}]*\}\}|\$\{(?:local\.|var\.|env:)?(\w+)(?:\[[^\]]*\])?(?::?[-?+]([^{}]*))?[^{}]*\}|\$\((\w+)\)"
    r"|\$\(\$(?:env:)?(\w+)[^()]*\)|\$(?:env:|script:|global:)?(\w+|@|\*)|%(\w+)%"
)
_SUBSTITUTED = re.compile(r"\$\(([^()]*)\)|`([^`\n]*)`")
_FUNCTION = re.compile(r"^\s*(?:function\s+([\w-]+)\s*(?:\(\s*\))?|([\w-]+)\s*\(\s*\))\s*\{?\s*(.*)$")
_HEREDOC = re.compile(r"<<-?\s*[\"'\\]?(\w+)[\"']?")
_COMMENTS = {"sql": "--", "lua": "--", "hs": "--", "bat": "REM", "cmd": "REM", "ini": ";", "xml": "<!--"}
_SEQUENCE = re.compile(r"^\s*-\s+[\"']?([^\s\"':{}\[\]]+)[\"']?\s*$")
_INSIDE = re.compile(r"\b(curl|wget|atlas|mongocli)\s[^|;{}\[\]]*")
_LIST = re.compile(r"\[\s*([\"'\w][^\[\]]*)\]")


@attrs.define
class Script:
    """One text; ``ending`` is the file's extension or its whole name, in lower case."""

    file: str
    text: str
    ending: str
    sought: Sought
    variables: dict[str, tuple[str, int, frozenset[str]]] = attrs.field(factory=dict)
    functions: dict[str, list[tuple[int, str]]] = attrs.field(factory=dict)
    used: set[str] = attrs.field(factory=set)
    _inserted: set[str] = attrs.field(factory=set)
    _block: str = ""

    def _place(self, number: int, row: str) -> Place:
        line = self.text.split("\n", number)[number - 1] if number < 2 else row
        start = len(line) - len(line.lstrip()) + 1
        return Place(self.file, number, start, number, max(start, len(line.split("\n")[0].rstrip()) + 1))

    def _is_script(self) -> bool:
        return self._is_shell() or self.ending in {"tf", "hcl", "tofu"}

    def _is_shell(self) -> bool:
        return self.ending in {
            "sh",
            "bash",
            "zsh",
            "ksh",
            "bats",
            "makefile",
            "mk",
            "ps1",
            "psm1",
            "shell",
            "fish",
            "bat",
            "cmd",
            "dockerfile",
        }

    def _logical(self) -> Iterator[tuple[int, str]]:  # noqa: C901 - one kind of line after the other
        """Yield each logical line with its number, without comments."""
        rows = self.text.split("\n")
        sign = {"ps1": "`", "psm1": "`", "bat": "^", "cmd": "^"}.get(self.ending, "\\")
        at, until, quiet, in_comment = 0, "", False, ""
        while at < len(rows):
            number, row = at + 1, rows[at]
            at += 1
            if until:
                if row.strip() == until:
                    until = ""
                elif not quiet:
                    yield number, row
                continue
            if in_comment:
                in_comment = "" if in_comment in row else in_comment
                continue
            opened = re.match(r"\s*(/\*|<#|<!--|=begin\b|\"\"\"|@moduledoc \"\"\"|@doc \"\"\")", row)
            if opened is not None:
                closing = {"/*": "*/", "<#": "#>", "<!--": "-->"}.get(
                    opened[1], "=end" if "begin" in opened[1] else '"""'
                )
                in_comment = "" if closing in row[opened.end() :] else closing
                continue
            row = self._without_comment(row)
            while row.endswith(sign) and at < len(rows):
                row = row[:-1] + " " + rows[at].strip()
                at += 1
            more = 0
            while self._is_script() and _odd(row) and more < 30 and at + more < len(rows):
                more += 1
                if not _odd("\n".join([row, *rows[at : at + more]])):
                    row = "\n".join([row, *rows[at : at + more]])
                    at += more
                    break
            words = []
            while self.ending in {"yml", "yaml"} and (item := _SEQUENCE.match(row)) is not None:
                words.append(item[1])
                if at >= len(rows) or _SEQUENCE.match(rows[at]) is None:
                    break
                row = rows[at]
                at += 1
            row = " ".join(words) if len(words) > 1 else row
            if (here := _HEREDOC.search(row)) is not None and self._is_script():
                until = here[1]
                quiet = re.match(r"\s*cat\b(?!.*[|>]\s*[\w$\"/])", row.replace("<<", "")) is not None
            yield number, row

    def _without_comment(self, row: str) -> str:
        stripped = row.strip()
        sign = _COMMENTS.get(self.ending, "#")
        if stripped.startswith(
            (sign, "#", "//", "* ", "/*", "--" if sign == "--" else "#", "<!--", "::" if sign == "REM" else "#")
        ):
            return ""
        if (
            sign in {"#", "--"}
            and (found := re.search(rf"\s{sign}\s.*$", row)) is not None
            and not _odd(row[: found.start()])
        ):
            return row[: found.start()]
        return row

    def _find_functions(self, rows: list[tuple[int, str]]) -> None:
        """Remove the functions from a shell script's lines, to be read where they are called."""
        if self.ending not in {"sh", "bash", "zsh", "ksh", "bats", "shell"}:
            return
        at = 0
        while at < len(rows):
            number, row = rows[at]
            found = _FUNCTION.match(row)
            at += 1
            if found is None or row.lstrip().startswith(("if", "while", "for")):
                continue
            body = [(number, found[3].rstrip("} ;"))] if found[3].strip("{} ") else []
            if not row.rstrip().endswith("}") or "${" in row.rstrip()[-12:]:
                while at < len(rows) and not re.match(r"\s{0,2}[})]\s*(#.*)?$", rows[at][1]):
                    body.append(rows[at])
                    at += 1
            self.functions[found[1] or found[2]] = body

    def _remember(self, row: str, given: Mapping[str, str], inserted: frozenset[str], number: int) -> None:
        if self.ending in {"tf", "hcl", "tofu"} and (block := re.match(r"\s*variable\s+\"(\w+)\"", row)) is not None:
            self._block = block[1]
        assigned = SET.match(row)
        if assigned is not None:
            name, sign, value = assigned[1], assigned[2] or "", assigned[3].strip()
            value = self._put_in(value, given)
            quoted = value[:1] in {'"', "'"} and value[-1:] == value[:1] and not _QUOTED.sub("", value)
            if quoted or (value[:1] == "(" and value[-1:] == ")"):
                value = value[1:-1]
            before = self.variables.get(name, ("", 0, frozenset()))[0] if "+" in sign else ""
            name = self._block if name == "default" and self._block else name
            self.variables[name] = (before + " " * bool(before) * (self.ending != "ps1") + value, number, inserted)
        elif (loop := re.match(r"\s*for(?:each)?\s*\(?\s*\$?(\w+)\s+in\s+(.*?)\)?(;|\s*do|\{|$)", row)) is not None:
            items = [one.strip("\"',@()") for one in self._put_in(loop[2], given).split()]
            best = next((one for one in items if self.sought.concerns(one)), items[0] if items else HOLE)
            self.variables[loop[1]] = (best, number, inserted)

    def _put_in(self, row: str, given: Mapping[str, str]) -> str:
        """Return a line with its variables replaced; a command's output is a hole, unless the command is echo."""
        row = row.replace("$$", "$") if self.ending in {"makefile", "mk"} else row
        if self.ending in {"tf", "hcl", "tofu"}:
            row = self._terraform(row)

        def value(found: re.Match[str]) -> str:
            name = next(filter(None, (found[1], found[3], found[4], found[5], found[6])), "")
            if name in given:
                return given[name]
            if name in self.variables:
                self._inserted |= {name, *self.variables[name][2]}
                return self.variables[name][0]
            return found[2] or HOLE

        for _ in range(3):
            row = re.sub(
                r"'([^']*)'",
                lambda found: found[0].replace("$", "\x01") if self.ending in {"sh", "bash", "shell"} else found[0],
                row,
            )
            row = _VARIABLE.sub(value, row)
        return row.replace("\x01", "$")

    def _terraform(self, row: str) -> str:
        """Write Terraform's ``format`` and ``join`` as templates."""

        def inner(said: str) -> list[str]:
            parts = [part.strip() for part in re.findall(r"\"[^\"]*\"|[\w.\[\]]+(?:\.[\w\[\]]+)*", said)]
            return [part.strip('"') if part.startswith('"') else f"${{{part}}}" for part in parts]

        row = re.sub(
            r"format\(\s*\"([^\"]*)\"\s*,([^()]*)\)", lambda found: f'"{percent(found[1], inner(found[2]), {})}"', row
        )
        return re.sub(
            r"join\(\s*\"([^\"]*)\"\s*,\s*\[([^\[\]]*)\]\s*\)",
            lambda found: '"' + found[1].join(inner(found[2])) + '"',
            row,
        )

    def _commands(self, row: str) -> Iterator[list[str]]:
        """Yield the words of a line's commands, inner commands first."""
        for _ in range(4):
            inner = [one[1] or one[2] or "" for one in _SUBSTITUTED.finditer(row)]
            for one in inner:
                yield from self._plain_commands(one.removeprefix("shell "))
            row = _SUBSTITUTED.sub(lambda found: self._echoed(found[1] or found[2] or ""), row)
        lists = [[word.strip("\"' ") for word in one[1].split(",")] for one in _LIST.finditer(row)]
        yield from map(self._started, lists)
        plain = list(self._plain_commands(row))
        yield from plain
        if not self._is_shell() and not any(one and self._talks(one) for one in (*plain[:1], *lists)):
            yield from (re.split(r"[\s\"',]+", one[0]) for one in _INSIDE.finditer(row))
        # A quoted command for another program, or the value of a document's key.
        if not self._is_shell() or any(
            one and one[0] in rules.words("commands", "runs") for one in self._bare_commands(row)
        ):
            for quoted in _QUOTED.finditer(row):
                if " " in quoted[0] and not any(one and self._talks(one) for one in (*plain[:1], *lists)):
                    yield from self._plain_commands(quoted[0][1:-1])

    def _bare_commands(self, row: str) -> Iterator[list[str]]:
        yield from ([one[0].strip("\"'@-") for one in _WORD.finditer(part)] for part in re.split(r"[;|&]+", row))

    def _talks(self, command: list[str]) -> bool:
        word = command[0]
        return (
            word in rules.words("commands", "talks")
            or re.match(r"(log|warn|assert|print|die|fail|usage|say|msg|info|debug)(_|$)", word, re.IGNORECASE)
            is not None
        )

    def _echoed(self, command: str) -> str:
        words = [one.strip("\"'") for one in _WORD.findall(command)]
        if words[:1] and words[0] in self.functions:
            params = {str(at): word for at, word in enumerate(words[1:], 1)}
            body = [line for _, line in self.functions[words[0]] if re.match(r"\s*(echo|printf)\b", line)]
            words = [one.strip("\"'") for one in _WORD.findall(self._put_in(body[-1], params))] if body else []
        if words[:1] == ["echo"]:
            return " ".join(words[1:])
        return (
            percent(words[1].replace("\\n", ""), words[2:], {}) if words[:1] == ["printf"] and len(words) > 1 else HOLE
        )

    def _plain_commands(self, text: str) -> Iterator[list[str]]:
        text = re.sub(r"^\s*(?:-\s+)?(?:[\w.\"-]+:\s+[|>]?[-+]?\s*)?", "", text.replace("\\\n", " "))
        words: list[str] = []
        for word in [*(one[0] for one in _WORD.finditer(text)), ";"]:
            if re.fullmatch(r"[;|&]+", word):
                yield self._started(words)
                words = []
            else:
                words.append(re.sub(r"^[\"'(@]+|[\"')]+$", "", _QUOTED.sub(lambda found: found[0][1:-1], word)))

    def _started(self, words: list[str]) -> list[str]:
        """Return a command without launchers such as sudo, their options, and assignments before it."""
        before = rules.words("commands", "before")
        while words and (
            words[0] in before or not words[0] or re.fullmatch(r"-+\S*|\w+=.*|\d+[smh]?|\$?\w+|", words[0]) is not None
        ):
            if words[0] in self.functions or words[0] in rules.words("commands", "http") | rules.words(
                "commands", "atlas"
            ):
                break
            if words[0] not in before and re.fullmatch(r"[A-Za-z_-]+", words[0]) and not self._assigns(words):
                break
            words = words[1:]
        return words

    def _assigns(self, words: list[str]) -> bool:
        return words[1:2] == ["="] or words[0].startswith("$")


def _odd(row: str) -> bool:
    """Return whether a quote is open at the end of a line."""
    rest = _QUOTED.sub("", row.replace("\\'", "").replace('\\"', ""))
    return '"' in rest or "'" in rest
