"""The search for what an old value could come from: by pairs where there are some, by names and types elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from shim.draft.learning import Options, always, applied, guessed, learned, same_value
from shim.draft.names import likeness, unit_factor, without_units, words_of
from shim.draft.plans import Proposal, Sample, absent, counted, shown
from shim.draft.shapes import Shape
from shim.draft.sources import MISSING, Source, read

LIKELY = 0.65
"""How alike names are at least that are taken for one, where nothing else speaks for it."""
ALIKE = 0.5
"""The same where pairs agree."""
_GENERIC = frozenset({"id", "name", "type", "value", "enabled", "status", "state", "version", "description", "key"})
"""Names that say little without the object they stand in."""


@attrs.frozen
class Ground:
    """Where is searched: the paths of the new object, its samples, paths that mean the same on both sides."""

    sources: Sequence[Source]
    samples: Sequence[Sample]
    taken: frozenset[str]
    common: frozenset[str]
    parameters: tuple[str, ...]
    top: bool = False

    def strangeness(self, source: Source) -> int:
        """Return how many names of a path lead through what only the new answer has."""
        names = source.path.split(".")
        whole = (".".join(names[:end]) for end in range(len(names) - 1, 0, -1))
        known = next((path for path in whole if path.partition("[")[0] in self.common or path in self.taken), "")
        return len(names) - 1 - (known.count(".") + 1 if known else 0)


@attrs.frozen
class _Candidate:
    source: Source
    options: Options
    alike: float
    strange: int = 0
    whole: float = 0.0
    lacking: tuple[int, ...] = ()
    distinct: int = 0

    @property
    def rank(self) -> tuple[Any, ...]:
        """The better candidate has the lower rank."""
        simple = len(self.options)
        return (
            len(self.lacking),
            -round(self.alike, 1),
            not self.source.sure,
            self.strange,
            -round(self.whole, 2),
            simple,
            "[each]" in self.source.path,
            self.source.depth,
        )


def find_rule(name: str, shape: Shape, ground: Ground) -> Proposal:
    """Return the rule that is most likely to give an old field its value, or a question."""
    having = [(value, sample) for sample in ground.samples if (value := read(name, sample.old)) is not MISSING]
    found = _by_pairs(name, shape, ground, having) if having else _by_names(name, shape, ground)
    return found or absent(_nothing(name, shape, ground, having))


def path_likeness(name: str, source: Source) -> float:
    """Return how alike a field's name and a path are, by the last name or by all of them."""
    whole = likeness(name, source.path.replace("[first]", "").replace("[each]", ""))
    last = name.rpartition(".")[2]
    generic = last.lower() in _GENERIC or source.last.lower() in _GENERIC
    if generic and (source.depth > 1 or "." in name):
        return whole
    by_unit = 0.0
    if unit_factor(last, source.last) is not None:
        by_unit = likeness(without_units(last), without_units(source.last)) * 0.95
    return max(whole, likeness(last, source.last), by_unit)


def _by_pairs(name: str, shape: Shape, ground: Ground, having: Sequence[tuple[Any, Sample]]) -> Proposal | None:
    candidates = sorted(_proven(name, shape, ground, having), key=lambda one: one.rank)
    for one in candidates:
        if not one.lacking and _convinces(one, having):
            remark = counted(len(having), len(having)) + ("; by its values alone" if one.alike < ALIKE else "")
            return _with_twins(_proposal(name, one, remark), one, candidates)
    parameter = _parameter(having, ground)
    if parameter is not None:
        return parameter
    plain = [one for one in candidates if not one.options and _convinces(one, having)]
    for first in plain:
        second = next((one for one in plain if not set(one.lacking) & set(first.lacking)), None)
        if second is not None:
            rule = {"from": [first.source.path, second.source.path], **_derived("The first of the two that is there.")}
            return Proposal(rule, counted(len(having), len(having)))
    for one in candidates:
        if one.alike >= LIKELY:
            number = len(having) - len(one.lacking)
            return _proposal(name, one, f"{counted(number, len(having))}; elsewhere it is missing", question=True)
    return _mostly(name, shape, ground, having) or _constant(having)


def _with_twins(proposal: Proposal, one: _Candidate, candidates: Sequence[_Candidate]) -> Proposal:
    """Add to a rule the same member of neighbours that says the same, for where the first is not there."""
    before = one.source.path.rsplit(".", 2)[0]
    twins = [
        other.source.path
        for other in candidates
        if other is not one and other.options == one.options and other.source.last == one.source.last
        if other.strange <= one.strange and other.source.path.rsplit(".", 2)[0] == before
    ]
    if "[first]" not in before or not twins:
        return proposal
    why = "The new answer has it in several places, alike in all that was recorded; the first that is there is taken."
    return attrs.evolve(proposal, rule={**proposal.rule, "from": [one.source.path, *twins[:2]], "why": why})


def _proven(name: str, shape: Shape, ground: Ground, having: Sequence[tuple[Any, Sample]]) -> Iterator[_Candidate]:
    """Yield each source that gives every pair its value, as far as it is there."""
    others = [sample for sample in ground.samples if read(name, sample.old) is MISSING]
    distinct = len({json.dumps(value, sort_keys=True) for value, _ in having})
    for source in ground.sources:
        values = [(value, read(source.path, sample.new)) for value, sample in having]
        lacking = tuple(at for at, (_, value) in enumerate(values) if value is MISSING)
        present = [(old, new) for old, new in values if new is not MISSING]
        if not present or len(lacking) * 2 > len(values) or shape.of_objects or shape.members:
            continue
        options = learned(present, shape, source.shape)
        if options is None:
            continue
        extra = [value for sample in others if (value := read(source.path, sample.new)) is not MISSING]
        if extra:
            if any(not same_value(one, extra[0]) for one in extra) or type(extra[0]) in {dict, list}:
                continue
            once = len(extra) == 1 and extra[0] not in {0, -1, ""}  # such as stand for nothing
            if once or any(same_value(new, extra[0]) for _, new in present):
                continue
            options = {**options, "drop": [extra[0]]}
        alike, strange, whole = path_likeness(name, source), ground.strangeness(source), likeness(name, source.path)
        yield _Candidate(source, options, alike, strange, whole, lacking, distinct)


def _convinces(one: _Candidate, having: Sequence[tuple[Any, Sample]]) -> bool:
    """Tell whether values or the name leave little doubt."""
    if "values" in one.options:
        return one.alike >= ALIKE or (len(having) >= 6 and one.distinct >= 2 and one.source.depth == 1)
    few = one.distinct == 2 and type(having[0][0]) in {str, list}  # two small numbers may be alike by chance
    return one.alike >= ALIKE or one.distinct >= 3 or few


def _mostly(name: str, shape: Shape, ground: Ground, having: Sequence[tuple[Any, Sample]]) -> Proposal | None:
    """Return the likely rename that explains most pairs, with the first that it does not."""
    for alike, source, options in _likely(name, shape, ground):
        wrong = [
            (old, made) for old, sample in having if not same_value(made := _made(source, options, sample, shape), old)
        ]
        number = len(having) - len(wrong)
        if number * 2 > len(having):
            against = counted(number, len(having))
            if wrong:
                old, made = wrong[0]
                against += f"; else {shown(old)} was there, and would be {_or_nothing(made)}"
            else:
                against += "; it is there too where the old answer has nothing"
            return _proposal(name, _Candidate(source, options, alike), against, question=True)
    return None


def _or_nothing(value: Any) -> str:
    return "missing" if value is MISSING else shown(value)


def _made(source: Source, options: Options, sample: Sample, shape: Shape) -> Any:
    value = read(source.path, sample.new)
    return MISSING if value is MISSING else applied(options, value, shape)


def _by_names(name: str, shape: Shape, ground: Ground) -> Proposal | None:
    for _, source, options in _likely(name, shape, ground):
        remark = "a likely rename by name and type"
        if source.last == name.rpartition(".")[2]:
            remark = "the same name and type, elsewhere"
        if "factor" in options:
            remark += ", in another unit"
        return _proposal(name, _Candidate(source, options, 1.0), remark, question=True)
    wanted = [one for one in ground.parameters if likeness(name, one) >= LIKELY and shape.type == "string"]
    if wanted:
        why = "The new answer does not name it; the name is the one in the path."
        return Proposal({"parameter": wanted[0], "fidelity": "renamed", "why": why}, "by its name", question=True)
    return None


def _likely(name: str, shape: Shape, ground: Ground) -> Iterator[tuple[float, Source, Options]]:
    """Yield sources by how alike their names are, those that mean something else on both sides left out."""
    ranked: list[tuple[tuple[Any, ...], float, Source, Options]] = []
    for source in ground.sources:
        alike = path_likeness(name, source)
        if alike < LIKELY or source.path in ground.taken or shape.members or shape.of_objects:
            continue
        options = guessed(name.rpartition(".")[2], shape, source.last, source.shape)
        if options is None or ("[each]" in source.path):
            continue
        strange = ground.strangeness(source)
        rank = (-round(alike, 2), not source.sure, strange, -round(likeness(name, source.path), 2), source.depth)
        ranked.append((rank, alike, source, options))
    for _, alike, source, options in sorted(ranked, key=lambda one: one[0]):
        yield alike, source, options


def _proposal(name: str, one: _Candidate, remark: str, *, question: bool = False) -> Proposal:
    """Return a candidate as a rule, with how near its value is to the old one."""
    return Proposal(rule_of(name, one.source.path, one.options), remark, question)


def rule_of(name: str, path: str, options: Options) -> Mapping[str, Any]:
    """Return the rule that reads a path with options, and says how near its value is to the old one."""
    verb = next((verb for verb in ("list", "count") if verb in options), "from")
    rule: dict[str, Any] = {verb: path, **{key: value for key, value in options.items() if key != verb}}
    if verb == "count":
        rule |= _derived("The number of the items that the new answer has.")
    elif "[" in path:
        how = "each item of a list" if "[each]" in path else "the first item of a list"
        rule |= _derived(f"The new answer has it in {how}.")
    elif options.keys() & {"factor", "join", "split", "list"}:
        rule |= _derived("The new answer writes it in another way.")
    else:
        rule["fidelity"] = "exact" if path == name and not options else "renamed"
    return rule


def _derived(why: str) -> Mapping[str, str]:
    return {"fidelity": "derived", "why": why}


def _parameter(having: Sequence[tuple[Any, Sample]], ground: Ground) -> Proposal | None:
    for name in ground.parameters:
        if all(value == sample.parameters.get(name) for value, sample in having):
            why = "The new answer does not name it; it is what the path says."
            return Proposal({"parameter": name, "fidelity": "renamed", "why": why}, counted(len(having), len(having)))
    return None


def _constant(having: Sequence[tuple[Any, Sample]]) -> Proposal | None:
    value = always([value for value, _ in having])
    if value is MISSING:
        return None
    remark = f"it was {shown(value)} in all {len(having)} pairs; is it always?"
    return Proposal({"constant": value, "why": "It has been the same in all that was recorded."}, remark, question=True)


def _nothing(name: str, shape: Shape, ground: Ground, having: Sequence[tuple[Any, Sample]]) -> str:
    """Return what is known of a field that has no rule."""
    if having:
        old, sample = having[0]
        there = read(name, sample.new)
        if there is not MISSING and type(old) not in {dict, list}:
            return f"not found in {len(having)} pairs: {shown(old)} there, {shown(there)} here"
        return f"not found by value in {len(having)} pairs" + ("" if isinstance(old, dict) else f"; as in {shown(old)}")
    near = sorted(((path_likeness(name, one), one.path) for one in ground.sources), reverse=True)
    hint = f"; nearest by name: {near[0][1]}" if near and near[0][0] >= 0.4 else ""
    ending = words_of(name)[-1:]
    said = [one for one in ground.parameters if ending in {("name",), ("id",)} and words_of(one)[-1:] == ending]
    if said and shape.type == "string":
        hint += f"; or the path's {' or '.join(said)} (parameter = …)"
    return f"{shape.type}, and nothing like it in the new answer{hint}"
