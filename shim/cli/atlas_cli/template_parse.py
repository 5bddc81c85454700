"""Go's text/template, read: texts, pipelines, if, range, with, break and continue. Templates of templates are not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import attrs


class TemplateError(Exception):
    """A template that can't be read or carried out; worded as Go does, where Go says it too."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"template: output:{line}: {text}")


@attrs.frozen
class Literal:
    """A constant: a string, a number, true, false, or nil as None."""

    value: object


@attrs.frozen
class Call:
    """A function by its name."""

    name: str


@attrs.frozen
class Chain:
    """Fields of something: of dot (``base`` None), of a variable (its name with ``$``) or of a pipeline."""

    base: str | Pipeline | None
    fields: tuple[str, ...]


Operand = Literal | Call | Chain


@attrs.frozen
class Pipeline:
    """Commands, each given the result of the one before; ``names`` are the variables that get the last result."""

    line: int
    names: tuple[str, ...]
    declares: bool
    commands: tuple[tuple[Operand, ...], ...]


@attrs.frozen
class Block:
    """``if``, ``range`` or ``with``."""

    word: str
    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


@attrs.frozen
class Leave:
    """``break`` or ``continue``."""

    word: str


Node = str | Pipeline | Block | Leave

_ACTION = re.compile(
    r"""\{\{(?P<left>-(?=\s))?\s*
    (?P<inside>/\*.*?\*/|(?:"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*'|(?!\}\}|\s-\}\}).)*)
    \s*?(?P<right>(?<=\s)-)?\}\}""",
    re.DOTALL | re.VERBOSE,
)
_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<string>"(?:\\.|[^"\\\n])*")|(?P<raw>`[^`]*`)|(?P<char>'(?:\\.|[^'\\\n])+')
    |(?P<number>[-+]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?))|(?P<field>\.[A-Za-z_]\w*)|(?P<dot>\.)
    |(?P<variable>\$\w*)|(?P<declare>:=)|(?P<sign>[=|(),])|(?P<word>[A-Za-z_]\w*)""",
    re.VERBOSE,
)

_UNSPOKEN = frozenset({"template", "define", "block"})


def parse(text: str) -> tuple[Node, ...]:
    """Read a template; raises TemplateError with the line."""
    pieces = _Pieces(list(_pieces(text)))
    nodes, end = _nodes(pieces, within="")
    assert not end, "only the end of the text ends the outermost list"
    return nodes


@attrs.frozen
class _Piece:
    line: int
    text: str
    action: bool


@attrs.define
class _Pieces:
    """The texts and actions that are still to be read."""

    rest: list[_Piece]
    line: int = 1
    loops: int = 0

    def take(self) -> _Piece | None:
        if not self.rest:
            return None
        piece = self.rest.pop(0)
        self.line = piece.line
        return piece


def _pieces(text: str) -> Iterator[_Piece]:
    """Cut a template into texts and the insides of actions; spaces that an action trims away are gone."""
    at, trims = 0, False
    while (start := text.find("{{", at)) >= 0:
        line = text.count("\n", 0, start) + 1
        found = _ACTION.match(text, start)
        if found is None:
            raise TemplateError(line, "unclosed action")
        yield _Piece(line, _trimmed(text[at:start], left=trims, right=bool(found["left"])), action=False)
        yield _Piece(line, found["inside"].strip(), action=True)
        at, trims = found.end(), bool(found["right"])
    yield _Piece(text.count("\n") + 1, _trimmed(text[at:], left=trims, right=False), action=False)


def _trimmed(text: str, *, left: bool, right: bool) -> str:
    text = text.lstrip(" \t\r\n") if left else text
    return text.rstrip(" \t\r\n") if right else text


def _nodes(pieces: _Pieces, within: str) -> tuple[tuple[Node, ...], str]:
    """Read up to the end of a block, or of the template; return the nodes and what ended them."""
    nodes: list[Node] = []
    while (piece := pieces.take()) is not None:
        if not piece.action:
            nodes += [piece.text] if piece.text else []
            continue
        if piece.text.startswith("/*"):
            continue
        word, rest = _first_word(piece.text)
        if word in {"if", "range", "with"}:
            nodes.append(_block(pieces, word, rest))
        elif word in {"end", "else"}:
            if not within:
                raise TemplateError(piece.line, f"unexpected {{{{{word}}}}}")
            return tuple(nodes), piece.text
        elif word in {"break", "continue"}:
            if not pieces.loops:
                raise TemplateError(piece.line, f"{{{{{word}}}}} outside {{{{range}}}}")
            nodes.append(Leave(word))
        elif word in _UNSPOKEN:
            raise TemplateError(piece.line, f"atlas-shim does not speak {{{{{word}}}}}; write it out in one template")
        else:
            nodes.append(_pipeline(piece.text, pieces.line, "command"))
    if within:
        raise TemplateError(pieces.line, "unexpected EOF")
    return tuple(nodes), ""


def _first_word(text: str) -> tuple[str, str]:
    """Cut the word off the front: ``range .X``, ``range.X`` and ``if(x)`` are all Go."""
    found = re.match(r"[A-Za-z_]\w*", text)
    word = found[0] if found else ""
    return word, text[len(word) :].strip()


def _block(pieces: _Pieces, word: str, head: str) -> Block:
    pipeline = _pipeline(head, pieces.line, word)
    pieces.loops += word == "range"
    body, end = _nodes(pieces, within=word)
    pieces.loops -= word == "range"
    otherwise: tuple[Node, ...] = ()
    if end != "end":
        again = end.removeprefix("else").strip()
        if again:
            inner, rest = _first_word(again)
            if inner not in {"if", "with"} or word == "range":
                raise TemplateError(pieces.line, f"unexpected <{again}> in {{{{else}}}}")
            otherwise = (_block(pieces, inner, rest),)
        else:
            otherwise, end = _nodes(pieces, within=word)
            if end != "end":
                raise TemplateError(pieces.line, "expected end; found {{else}}")
    return Block(word, pipeline, body, otherwise)


@attrs.define
class _Tokens:
    """The tokens of one action; each is its kind and text, and whether a space stands before it."""

    line: int
    rest: list[tuple[str, str, bool]]

    def peek(self) -> tuple[str, str, bool]:
        return self.rest[0] if self.rest else ("end", "", False)


def _pipeline(text: str, line: int, where: str) -> Pipeline:
    tokens = _Tokens(line, list(_tokens(text, line)))
    names, declares = _declared(tokens)
    if len(names) > 1 and where != "range":
        raise TemplateError(line, f"too many declarations in {where}")
    pipeline = _commands(tokens, where, names=names, declares=declares)
    if tokens.rest:
        raise TemplateError(line, f"unexpected <{tokens.rest[0][1]}> in {where}")
    return pipeline


def _tokens(text: str, line: int) -> Iterator[tuple[str, str, bool]]:
    at, spaced = 0, False
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            what = "unterminated quoted string" if text[at] in "\"`'" else f"unexpected {text[at]!r} in command"
            raise TemplateError(line, what)
        at = found.end()
        if found.lastgroup != "space":
            yield str(found.lastgroup), found[0], spaced
        spaced = found.lastgroup == "space"


def _declared(tokens: _Tokens) -> tuple[tuple[str, ...], bool]:
    """Take ``$a :=``, ``$a, $b :=`` or ``$a =`` off the front."""
    kinds = [(kind, text) for kind, text, _ in tokens.rest[:4]]
    for count in (1, 3):
        if len(kinds) > count and kinds[count] in {("declare", ":="), ("sign", "=")}:
            names = [text for kind, text in kinds[:count] if kind == "variable"]
            if kinds[0][0] == "variable" and (count == 1 or (kinds[1] == ("sign", ",") and len(names) == 2)):
                del tokens.rest[: count + 1]
                return tuple(names), kinds[count][1] == ":="
    return (), False


def _commands(tokens: _Tokens, where: str, *, names: tuple[str, ...] = (), declares: bool = False) -> Pipeline:
    commands: list[tuple[Operand, ...]] = []
    while True:
        operands: list[Operand] = []
        while tokens.peek()[:2] not in {("sign", "|"), ("sign", ")")} and tokens.rest:
            operands.append(_operand(tokens))
        if not operands:
            raise TemplateError(tokens.line, f"missing value for {where}")
        commands.append(tuple(operands))
        if tokens.peek()[:2] != ("sign", "|"):
            return Pipeline(tokens.line, names, declares, tuple(commands))
        tokens.rest.pop(0)


def _operand(tokens: _Tokens) -> Operand:
    kind, text, _ = tokens.rest.pop(0)
    match kind:
        case "string" | "char":
            value = _unquoted(text, tokens.line)
            return Literal(ord(value) if kind == "char" and len(value) == 1 else value)
        case "raw":
            return Literal(text[1:-1])
        case "number":
            return Literal(float(text) if "." in text else int(text, 0 if "x" in text.lower() else 10))
        case "word" if text in {"true", "false", "nil"}:
            return Literal({"true": True, "false": False, "nil": None}[text])
        case "word":
            return Call(text)
        case "dot":
            return Chain(None, ())
        case "field":
            return Chain(None, (text[1:], *_fields(tokens)))
        case "variable":
            return Chain(text, _fields(tokens))
    if text != "(":
        raise TemplateError(tokens.line, f"unexpected <{text}> in operand")
    inner = _commands(tokens, "parenthesized pipeline")
    if not tokens.rest:
        raise TemplateError(tokens.line, "unclosed left paren")
    tokens.rest.pop(0)
    return Chain(inner, _fields(tokens))


def _fields(tokens: _Tokens) -> tuple[str, ...]:
    """Take the fields that follow without a space."""
    fields = []
    while tokens.peek()[0] == "field" and not tokens.peek()[2]:
        fields.append(tokens.rest.pop(0)[1][1:])
    return tuple(fields)


def _unquoted(text: str, line: int) -> str:
    """Read a Go string with its escapes, which Python's include."""
    try:
        return str(ast.literal_eval(text))
    except (SyntaxError, ValueError):
        raise TemplateError(line, f"malformed string {text}") from None
