"""Reading shell scripts: the commands that they run, with what is known of their variables and functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from shim.scan.commands import CLIENTS, http_words, is_atlas
from shim.scan.methods import METHODS
from shim.scan.sightings import Hit, Sightings
from shim.scan.texts import HOLE, Place, Text, concat, made, percent
from shim.scan.trees.grammars import Tree, tree_of
from shim.scan.trees.nodes import below, field, first_of, last_of, place, word
from shim.scan.trees.scopes import UNKNOWN, Scope, Value, either, hole

if TYPE_CHECKING:
    from tree_sitter import Node

_DEEPEST = 3
_TRIED = 4
_SHORT = 80
"""Bytes that spreading an array takes at most: ``"${name[@]}"``."""
_SAYING = frozenset({
    "echo", "printf", "print", ":", "cd", "ls", "cp", "mv", "rm", "mkdir", "cat", "touch", "source", ".", "ln",
    "find", "tar",
    "git", "diff", "chmod", "pushd", "grep", "egrep", "fgrep", "sed", "awk", "which", "type", "hash", "log", "die",
    "warn",
    "info", "error", "fail", "fatal", "debug", "usage", "apt-get", "apt", "brew", "yum", "apk", "man", "test",
    "note", "err", "log_info", "log_error", "read", "skip", "say",
})  # fmt: skip
"""Commands that only talk about the words they are given."""
_BEFORE = frozenset({
    "sudo", "env", "time", "exec", "command", "nohup", "xargs", "timeout", "retry", "eval", "docker", "run", "!",
    "kubectl", "watch", "nice", "builtin", "then", "do", "else", "--",
})  # fmt: skip
"""Commands that run the command in their words."""
_FOR_EACH = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
"""Options of ``find`` before the command that it runs."""
_SHELLS = frozenset({"sh", "bash", "zsh", "ksh", "dash", "ssh", "su", "sudo"})
_EXPANSIONS = frozenset({"simple_expansion", "expansion", "command_substitution", "arithmetic_expansion"})
_INSIDE = frozenset({"command_substitution", "process_substitution"})
_QUIET = frozenset({"test_command", "arithmetic_expansion", "herestring_redirect", "file_redirect"})
"""What runs nothing but what is put into it."""
_PROSE = (".md", ".txt", ".rst", ".adoc", ".html")
_TOKEN = re.compile(r"[^\s\"'`()<>,;]+")


class Shell:
    """Reads one script; ``around`` are the names that a script has that it stands in."""

    def __init__(self, tree: Tree, sightings: Sightings, around: Scope | None = None) -> None:
        self._tree = tree
        self._sightings = sightings
        self._scope = Scope(outer=around)
        self._functions: dict[str, Node] = {}
        self._arrays: dict[str, list[Value]] = {}
        self._hits: list[Hit] = []
        self._stack: list[int] = []
        self._noted = False
        self._branches = 0

    def read(self) -> None:
        """Read the script twice: for its names, and for what it does."""
        for node in below(self._tree.root):
            if node.type == "function_definition":
                self._functions[word(self._tree, field(node, "name"))] = node
        self._visit(self._tree.root)
        self._noted = True
        self._hits.clear()
        self._visit(self._tree.root)
        self._sightings.hits += self._hits

    def _visit(self, node: Node) -> None:
        kind = node.type
        if kind in {"comment", "heredoc_redirect"}:
            return
        if kind in _QUIET:
            self._inside(node)
        elif kind == "variable_assignment":
            self._assign(node)
        elif kind == "command":
            self._command(node)
        elif kind == "redirected_statement":
            self._redirected(node)
        elif kind == "function_definition":
            self._call(node, [], None)
        else:
            branch = kind in {
                "if_statement",
                "case_statement",
                "while_statement",
                "for_statement",
                "else_clause",
                "list",
            }
            self._branches += branch
            if kind == "for_statement":
                items = [self._value(one) for one in node.children_by_field_name("value")]
                self._scope.names[word(self._tree, field(node, "variable"))] = either(items)
            for one in node.named_children:
                self._visit(one)
            self._branches -= branch

    def _inside(self, node: Node) -> None:
        """Read what runs within a text, a test or a sum: ``$(…)`` and ``<(…)``."""
        for one in node.named_children:
            if one.type in _INSIDE:
                self._visit(one)
            else:
                self._inside(one)

    def _assign(self, node: Node) -> None:
        name, right = word(self._tree, field(node, "name")), field(node, "value")
        if right is not None and right.type == "array":
            before = self._arrays.get(name, []) if any(one.type == "+=" for one in node.children) else []
            self._arrays[name] = [*before, *map(self._value, right.named_children)]
            return
        value = UNKNOWN if right is None else self._value(right)
        self._mention(right, value)
        holder = (
            self._scope.holder(name)
            if node.parent is None or node.parent.type != "declaration_command"
            else self._scope
        )
        known = holder.names.get(name)
        if any(one.type == "+=" for one in node.children):
            value = made(concat, known or UNKNOWN, value)
        holder.names[name] = either([known, value]) if self._branches and known is not None else value

    # Values

    def _value(self, node: Node) -> Value:
        kind = node.type
        if kind in {"simple_expansion", "expansion"}:
            return self._expansion(node)
        if kind == "command_substitution":
            return self._substitution(node)
        if kind in {"process_substitution", "arithmetic_expansion"}:
            self._visit(node)
            return UNKNOWN
        text = word(self._tree, node)
        where = frozenset({place(self._tree, node)})
        if kind in {"raw_string", "ansi_c_string"}:
            return (Text(text.lstrip("$")[1:-1].replace(HOLE, "\ufffd"), where),)
        if kind == "concatenation":
            return made(concat, *(self._value(one) for one in node.named_children))
        if kind == "command_name":
            return self._value(first_of(node))
        return self._pieces(node, where, quoted=kind == "string")

    def _pieces(self, node: Node, where: frozenset[Place], *, quoted: bool) -> Value:
        """Return a text with the values of the expansions in it."""
        parts: list[Value] = []
        at = node.start_byte + quoted
        for one in [*(one for one in node.named_children if one.type in _EXPANSIONS), None]:
            end = node.end_byte - quoted if one is None else one.start_byte
            piece = self._tree.content[at:end].decode("utf-8", "replace").replace("\\\n", "").replace(HOLE, "\ufffd")
            parts.append((Text(re.sub(r'\\(["$`\\/&?=])', r"\1", piece), where),))
            if one is not None:
                parts.append(self._value(one))
                at = one.end_byte
        return made(concat, *parts)

    def _expansion(self, node: Node) -> Value:
        names = [one for one in below(node) if one.type in {"variable_name", "special_variable_name"}]
        found = self._scope.find(word(self._tree, names[0])) if names else None
        inner = node.named_children
        if len(inner) == 2 and ":-" in word(self._tree, node):
            return either([*([found] if found is not None else []), self._value(inner[1])])
        return UNKNOWN if found is None or len(inner) > 1 else found

    def _substitution(self, node: Node) -> Value:
        commands = [one for one in node.named_children if one.type == "command"]
        for one in node.named_children:
            if one not in commands:
                self._visit(one)
        values = [self._command(one, said=True) for one in commands]
        return values[-1] if values else UNKNOWN

    def _words(self, node: Node) -> list[Value]:
        """Return the words of a command, arrays and options kept in variables spread."""
        words: list[Value] = []
        for one in filter(None, [field(node, "name"), *node.children_by_field_name("argument")]):
            short = one.end_byte - one.start_byte < _SHORT
            inner = (part for part in below(one) if part.type == "subscript") if short else iter(())
            array = word(self._tree, field(next(inner, one), "name"))
            value = self._value(one)
            bare = one.type in {"simple_expansion", "command_name"} and len(value) == 1
            if array in self._arrays:
                words += self._arrays[array]
            elif bare and not words and hole(value) and "curl" in word(self._tree, one).casefold():
                words.append((Text("curl"),))
            elif bare and value[0].s.strip():
                words += [(Text(part, value[0].atoms),) for part in value[0].s.split()]
            else:
                words.append(value)
        return words

    # Commands

    def _command(self, node: Node, *, said: bool = False) -> Value:
        """Read a command; return what it prints if it is ``echo`` or ``printf``, or a function that ends so."""
        for one in node.named_children:
            if one.type in {"variable_assignment", *_QUIET}:
                self._visit(one)
        words = self._words(node)
        if not words:
            return UNKNOWN
        name = words[0][0].s.rpartition("/")[2]
        if name == "find":
            after = next((at for at, one in enumerate(words[:-1], 1) if one[0].s in _FOR_EACH), 0)
            words, name = words[after:], name if after == 0 else words[after][0].s.rpartition("/")[2]
        if name == "printf" and len(words) > 3 and words[1][0].s == "-v":
            self._scope.names[words[2][0].s] = made(lambda first, *rest: percent(first, rest, {}), *words[3:])
        if said and name in {"echo", "printf"} and len(words) > 1:
            if name == "echo":
                return made(lambda *some: " ".join(some), *(one for one in words[1:] if one[0].s not in {"-n", "-e"}))
            return made(lambda first, *rest: percent(first, rest, {}), *(one for one in words[1:] if one[0].s != "--"))
        at = place(self._tree, node)
        function = self._functions.get(name)
        hits = len(self._hits)
        value = self._call(function, words[1:], at) if function is not None else UNKNOWN
        if len(self._hits) == hits and name not in _SAYING and not name.startswith("assert"):
            self._run(node, words, at)
        return value

    def _run(self, node: Node, words: list[Value], at: Place) -> None:
        """Note what a command calls: an HTTP client's, the Atlas CLI's, or one that is handed a path."""
        names = [one[0].s.rpartition("/")[2] for one in words]
        start = 0
        if names[0] in _BEFORE:
            start = next((at for at, name in enumerate(names) if name in CLIENTS or is_atlas(name)), 0)
        if names[start] in CLIENTS:
            for which in range(min(_TRIED, max(map(len, words)))):
                plain = [one[min(which, len(one) - 1)] for one in words[start:]]
                method, addresses = http_words([one.s for one in plain]) or ("GET", [])
                for text, address in zip(plain[1:], addresses, strict=True):
                    found = self._sightings.call(at, method, [attrs.evolve(text, s=address)])
                    self._hits += [hit for hit in found if hit not in self._hits]
        elif self._telling and not self._sightings.command(at, [one[0].s for one in words[start:]]):
            said = next((one[0].s for one in words if one[0].s in METHODS), None)
            for one in filter(None, [field(node, "name"), *node.children_by_field_name("argument")]):
                value = self._value(one)
                self._mention(one, value)
                for text in value if said is not None else ():
                    self._sightings.hint(text, said or "")

    @property
    def _telling(self) -> bool:
        return self._noted and not self._stack

    def _mention(self, node: Node | None, value: Value) -> None:
        if node is not None and self._telling:
            for one in value:
                if one.atoms:
                    self._sightings.path(place(self._tree, node), one)

    def _call(self, node: Node, args: Sequence[Value], at: Place | None) -> Value:
        """Read a function's body, by itself or for a call; return what it prints at last."""
        if node.id in self._stack or len(self._stack) >= _DEEPEST:
            return UNKNOWN
        around, self._scope = self._scope, Scope(outer=self._scope)
        self._scope.names.update({str(number): UNKNOWN for number in range(1, 10)} if at is None else {})
        self._scope.names.update({str(number): value for number, value in enumerate(args, 1)})
        self._scope.names["@"] = self._scope.names["*"] = UNKNOWN
        before, self._hits = self._hits, []
        if at is not None:
            self._stack.append(node.id)
        body = field(node, "body")
        last = last_of(body) if body is not None and body.named_children else None
        for one in body.named_children if body is not None else ():
            if one != last or one.type != "command":
                self._visit(one)
        value = self._command(last, said=at is not None) if last is not None and last.type == "command" else UNKNOWN
        if at is not None:
            self._stack.pop()
        inner, self._hits = dict.fromkeys(self._hits), before
        self._hits += [hit if at is None else attrs.evolve(hit, chain=(at, *hit.chain)) for hit in inner]
        self._scope = around
        return value

    # Here documents

    def _redirected(self, node: Node) -> None:
        body = field(node, "body")
        if body is not None:
            self._visit(body)
        for redirect in node.named_children:
            if redirect.type in _QUIET and redirect != body:
                self._inside(redirect)
            inner = next((one for one in redirect.named_children if one.type == "heredoc_body"), None)
            if redirect.type == "heredoc_redirect" and inner is not None and self._telling:
                self._here_document(node, body, redirect, inner)
            if redirect.type == "heredoc_redirect":
                for one in redirect.named_children:
                    if one.type in {"command", "pipeline"}:
                        self._visit(one)

    def _here_document(self, node: Node, command: Node | None, redirect: Node, body: Node) -> None:
        name = word(self._tree, field(command, "name")) if command is not None and command.type == "command" else ""
        files = [word(self._tree, one) for one in node.named_children if one.type == "file_redirect"]
        files += [word(self._tree, one) for one in redirect.named_children if one.type == "file_redirect"]
        piped = any(one.type in {"pipeline", "command"} for one in redirect.named_children)
        if name in {"cat", "tee", "echo", ":"} | _SAYING and not piped and (not files or files[0].endswith(_PROSE)):
            self._inside(body)
            return
        text = word(self._tree, body)
        row = body.start_point.row
        if name in _SHELLS or (name in {"cat", "tee"} and not name.startswith("python")):
            inner = tree_of(self._tree.file, "shell", text, self._tree.line + row, self._tree.column)
            Shell(inner, self._sightings, self._scope).read()
            return
        for token in _TOKEN.finditer(text):
            line = row + text.count("\n", 0, token.start()) + 1 + self._tree.line
            column = token.start() - text.rfind("\n", 0, token.start()) + self._tree.column
            where = Place(self._tree.file, line, column, line, column + len(token[0]))
            self._sightings.path(where, Text(token[0].replace(HOLE, "\ufffd"), frozenset({where})))


def read_shell(tree: Tree, sightings: Sightings) -> None:
    """Say what is seen in a script."""
    Shell(tree, sightings).read()
