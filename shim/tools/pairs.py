"""Compare recorded pairs, an API's answers to one read in two versions, by translation."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from shim.core.content import dumps, loads
from shim.core.exchange import exchange
from shim.core.messages import Answer, Call, Outcome, Reply, Send, advance, field
from shim.core.recognize import Engine, Match
from shim.core.route import Context, Memory
from shim.core.settings import RouteWord, Settings, parse_instant
from shim.documents.load import MOST_BYTES, text_of
from shim.documents.sources import NoValue
from shim.documents.vocabulary import Fidelity
from shim.errors import SettingsError

_ORIGIN = "https://cloud.mongodb.com"
"""A replay's origin; nothing is sent to it."""
MISSING = NoValue.MISSING
"""Marks an absent value."""
_WORDS = ("equal", "differs", "only_old", "only_made")
_UNLIKE = re.compile(r"^[a-z]+://[^/]+|[{}]|%7[BD]", re.IGNORECASE)
"""The parts in which links may differ: their origin, and the braces of placeholders."""


@attrs.frozen
class Pair:
    """One line of a file of pairs."""

    line: int
    path: str
    """The request target."""
    old_version: str
    """A date as Accept names it, empty if the API has none."""
    old: Any
    """The decoded answer."""
    new_version: str
    new: Any
    recorded: datetime
    """Now, if the line has no time."""


def read_pairs(path: Path) -> tuple[Pair, ...]:
    """Return the pairs of a file, one JSON object a line.

    Raises SettingsError with the number of each bad line.
    """
    pairs = list[Pair]()
    problems = list[str]()
    try:
        lines = text_of(path, MOST_BYTES).split("\n")
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path.name}: {error}") from None
    for number, line in enumerate(lines, 1):
        try:
            if line.strip():
                pairs += [_pair(number, json.loads(line))]
        except (ValueError, RecursionError) as error:
            problems.append(f"{path.name}: line {number}: {error}")
    if not pairs and not problems:
        problems.append(
            f"{path.name}: has no pairs; each line is an object with path, old and new"
        )
    if problems:
        raise SettingsError(*problems)
    return tuple(pairs)


def _pair(number: int, said: Any) -> Pair:
    missing = ["path", "old", "new"]
    if isinstance(said, dict):
        missing = [key for key in missing if key not in said]
    if missing:
        raise ValueError(f"has no {' and no '.join(missing)}")
    texts = [said.get(key) or "" for key in ("path", "old_version", "new_version")]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("path and versions must be texts")
    # a placeholder is a name like any other
    path = re.sub(r"\{(\w+)\}", r"\1", texts[0])
    day = said.get("recorded")
    if day:
        recorded = parse_instant(str(day), name="recorded")
    else:
        recorded = datetime.now(UTC)
    return Pair(number, path, texts[1], said["old"], texts[2], said["new"], recorded)


@attrs.frozen
class Replayed:
    """One pair and its translation."""

    pair: Pair
    operation: str = ""
    made: Any = None
    """The answer translated from the new one."""
    problem: str = ""
    """The error, if the translation failed."""
    fields: Mapping[str, bool] = {}
    """Paths of the document's fields in the whole answer to whether each is declared
    absent.
    """
    unusable: Mapping[str, str] = {}
    """Why a field's rule refused a value that upstream sent, by the same path."""


def replay(engine: Engine, pairs: Sequence[Pair]) -> list[Replayed]:
    """Translate every pair with the engine, on the successor's route."""
    words = set[str]()
    for operation in engine.operations:
        words.update(operation.switches)
    settings = Settings(
        route=RouteWord.SUCCESSOR, writes=frozenset(words), body_limit=1 << 30
    )
    return [_replayed(engine, settings, pair) for pair in pairs]


def _replayed(engine: Engine, settings: Settings, pair: Pair) -> Replayed:
    accept = _media_type(pair.old_version)
    call = Call("GET", _ORIGIN, pair.path, (("Accept", accept),))
    match = engine.recognize("GET", pair.path, call.headers)
    if match is None:
        return Replayed(
            pair,
            problem=f"no operation of the document is {pair.path} with Accept: {accept}",
        )
    now = pair.recorded.timestamp
    switched = match.operation.switched
    kind = _media_type(pair.new_version)
    left = [pair.new]

    def answer(send: Send) -> Reply:
        """Return the new answer for a page, and no items for the pages after it.

        A side of another version knows nothing, or leads to the next call.
        """
        is_other = switched is not None and field(send.call.headers, "accept") != kind
        status = 200
        if left and not is_other:
            content = left.pop()
        else:
            content = _emptied(pair.new)
        if is_other and switched is not None and switched.after:
            status = 400
            content = {"error": 400, "errorCode": switched.after[0]}
        return Reply(status, (("Content-Type", kind),), dumps(content))

    context = Context(
        settings=settings, memory=Memory(), clock=now, base=_ORIGIN, monotonic=now
    )
    outcome = played(match, call, context, answer)
    assert not isinstance(outcome, Send), "each call has an answer"
    name = match.operation.id
    if not isinstance(outcome, Answer):
        return Replayed(
            pair,
            name,
            problem=f"was passed through untranslated: {outcome.record.reason}",
        )
    body = loads(outcome.reply.body or b"null")
    if outcome.code is not None or outcome.reply.status >= 300:
        if isinstance(body, dict):
            said = body.get("detail")
        else:
            said = None
        status = f"{outcome.reply.status} {outcome.code or ''}"
        return Replayed(pair, name, problem=f"was answered with {status}: {said}")
    before = {"page": "results[].", "array": "[]."}.get(match.operation.shape, "")
    fields = {f"{before}{one.name}": one for one in outcome.record.fields}
    # Unusable values of a successor's answer are absent, too, and the document is
    # wrong.
    unusable = {}
    for path, one in fields.items():
        if one.why.startswith("upstream has "):
            unusable[path] = one.why
    absent = {}
    for path, one in fields.items():
        is_absent = one.fidelity is Fidelity.ABSENT
        absent[path] = is_absent and path not in unusable
    return Replayed(pair, name, body, fields=absent, unusable=unusable)


def _media_type(version: str) -> str:
    if version:
        return f"application/vnd.atlas.{version}+json"
    return "application/json"


def played(
    match: Match, call: Call, context: Context, answer: Callable[[Send], Reply | None]
) -> Send | Outcome:
    """Return the outcome of an exchange with these answers.

    It returns the first call without an answer, if there is one.
    """
    steps = exchange(match, call, context)
    full = Reply(0)
    step = advance(steps, None)
    while not isinstance(step, Outcome):
        if isinstance(step, Send):
            if (new := answer(step)) is None:
                return step
            full = new
        step = advance(
            steps, attrs.evolve(full, body=None) if isinstance(step, Send) else full
        )
    return step


def _emptied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _emptied(one) for name, one in value.items()}
    return [] if isinstance(value, list) else value


@attrs.frozen
class FieldTally:
    """One field, by its nested name, with its counts.

    They count how often its value was equal, differed, or was on one side only.
    """

    field: str
    equal: int = 0
    differs: int = 0
    only_old: int = 0
    only_made: int = 0
    absent: bool = False
    """Whether the document declares it absent."""
    line: int | None = None
    """The first value that was not equal, as in the next two.

    MISSING if a side has none.
    """
    expected: Any = None
    got: Any = None
    why: str = ""
    """Why a rule refused that value, if it did."""

    @property
    def good(self) -> bool:
        """Whether all values are equal, or their differences are declared."""
        return not (
            self.differs or self.only_made or (self.only_old and not self.absent)
        )

    @property
    def total(self) -> int:
        """The number of values on either side."""
        return self.equal + self.differs + self.only_old + self.only_made


def compare(replayed: Sequence[Replayed]) -> tuple[FieldTally, ...]:
    """Return a line for every field, ordered by name.

    They are the fields of the old answers, of the translations, and of the document. A
    field of the document that no pair has counts zero throughout.
    """
    rows: dict[str, list[tuple[str, int, Any, Any, str]]] = {}
    good = [one for one in replayed if not one.problem]
    for one in good:
        for at, old, made in _leaves("", one.pair.old, one.made):
            why = one.unusable.get(at, "")
            row = (_compared(at, old, made), one.pair.line, old, made, why)
            rows.setdefault(at or "(the answer)", []).append(row)
    for name in (name for one in good for name in one.fields):
        below = (f"{name}.", f"{name}[")
        if not any(seen == name or seen.startswith(below) for seen in rows):
            rows[name] = []
    absent = {
        name for one in good for name, is_absent in one.fields.items() if is_absent
    }
    tallies = list[FieldTally]()
    for name in sorted(rows):
        counts = Counter(word for word, *_ in rows[name])
        unequal = (row[1:] for row in rows[name] if row[0] != "equal")
        example = next(unequal, (None, None, None, ""))
        equal, differs, only_old, only_made = (counts[word] for word in _WORDS)
        tally = FieldTally(name, equal, differs, only_old, only_made, name in absent)
        line, expected, got, why = example
        tally = attrs.evolve(tally, line=line, expected=expected, got=got, why=why)
        tallies.append(tally)
    return tuple(tallies)


def _leaves(at: str, old: Any, made: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield both sides' values at each place.

    A value on one side only is yielded whole.
    """
    if isinstance(old, dict) and isinstance(made, dict) and (old or made):
        for name in dict.fromkeys((*old, *made)):
            below = f"{at}.{name}" if at else name
            both = (old.get(name, MISSING), made.get(name, MISSING))
            yield from _leaves(below, *both)
    elif _are_alike(old, made):
        for one, two in zip(old, made, strict=True):
            yield from _leaves(f"{at}[]", one, two)
    else:
        yield at, old, made


def _are_alike(old: Any, made: Any) -> bool:
    """Return whether two values are lists of the same length, with containers in them."""
    if type(old) is not list or type(made) is not list or len(old) != len(made):
        return False
    return any(isinstance(item, dict | list) for item in (*old, *made))


def _compared(at: str, old: Any, made: Any) -> str:
    """Return how two values compare.

    True differs from 1, and links may differ in origin, query and braces.
    """
    if MISSING in (old, made):
        if old is MISSING:
            return "only_made"
        return "only_old"
    if at.endswith(".href") and isinstance(old, str) and isinstance(made, str):
        old = _UNLIKE.sub("", old.partition("?")[0])
        made = _UNLIKE.sub("", made.partition("?")[0])
    if isinstance(old, bool) is isinstance(made, bool) and old == made:
        return "equal"
    return "differs"
