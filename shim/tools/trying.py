"""Execute a trial, and revert it, even after a failure.

Its report has statuses, error codes and names of members, but no value of an answer.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

import attrs

from shim.tools.trials import HOLE, Trial, TrialCall, TrialStep

PAUSE = 15.0
"""Seconds between two checks of a member that is waited for."""
MAX_WAIT = 3600.0
"""Seconds until waiting for it ends."""

TrialOutcome = Literal["as assumed", "otherwise", "not called", "unanswered"]

INTERRUPTED = "it was interrupted"

_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,79}")
_UNANSWERED = {401, 403, 408, 429}
_MISSING = object()


@attrs.frozen
class Filled:
    """A call as it is sent."""

    method: str
    target: str
    version: str
    by: Literal["atlas", "shim"]
    body: Any = None


@attrs.frozen
class TrialAnswer:
    """The answer to a call."""

    status: int
    content: Any = None
    """The decoded JSON, None for none."""
    declared: frozenset[str] = frozenset()
    """Members that are documented to differ from the old ones."""

    @property
    def is_success(self) -> bool:
        """Whether the call succeeded."""
        return 200 <= self.status < 300

    @property
    def summary(self) -> str:
        """Its status, and the error code if that looks like one of Atlas's."""
        if isinstance(self.content, dict):
            code = self.content.get("errorCode")
        else:
            code = None
        if isinstance(code, str) and _CODE.fullmatch(code):
            return f"{self.status} {code}"
        return str(self.status)


Asker = Callable[[Filled], TrialAnswer]
"""Sends a call; may raise any exception that keeps it from an answer."""


@attrs.frozen
class StepReport:
    """One answer, without its values."""

    call: str
    version: str
    by: str
    answer: str
    expected: Sequence[str]
    differs: Sequence[str] = ()
    """Members whose values are not as expected."""
    names: Sequence[str] = ()
    """The step's names that the error mentions."""


@attrs.frozen
class TrialReport:
    """The result of a trial."""

    name: str
    question: str
    outcome: TrialOutcome
    why: str
    steps: Sequence[StepReport]
    left: Sequence[str]
    """Calls that a person has to make to revert a trial; they contain names."""


class UnfilledError(Exception):
    """An earlier answer lacks the value that a call needs."""


def make_trial(trial: Trial, given: Mapping[str, str], ask: Asker) -> TrialReport:
    """Make the calls of a trial until an answer is not as assumed, and revert them.

    An exception that ``ask`` raises ends the trial as unanswered, and so does Ctrl-C.
    """
    run = _Run(trial, {**given, "absentId": secrets.token_hex(12)}, ask)
    try:
        outcome, why = run.outcome()
    except KeyboardInterrupt:
        outcome = "unanswered"
        why = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the trial has to be reverted after any error
        outcome = "unanswered"
        why = type(error).__name__
    left = [*run.take_back()]
    return TrialReport(trial.name, trial.question, outcome, why, run.reports, left)


class _Run:
    """One trial in progress."""

    def __init__(self, trial: Trial, given: Mapping[str, str], ask: Asker) -> None:
        self._trial = trial
        self._given = given
        self._ask = ask
        self._answers: dict[str, Any] = {}
        self._undo: list[TrialCall] = []
        self._doubts: list[TrialStep] = []
        self.reports: list[StepReport] = []

    def outcome(self) -> tuple[TrialOutcome, str]:
        """Make the steps; return the outcome and its reason."""
        for step in self._trial.steps:
            try:
                answer = self._answer(step)
            except UnfilledError as error:
                return "not called", f"an answer has no {error}"
            report = self._report(step, answer)
            self.reports.append(report)
            is_expected = answer.summary.startswith(tuple(step.expects))
            is_expected = is_expected and not report.differs
            if is_expected:
                continue
            why = f"{step.call} ({step.version}): {_difference(report)}"
            if step.premise:
                return "not called", why
            if answer.status in _UNANSWERED or answer.status >= 500:
                return "unanswered", why
            return "otherwise", why
        return "as assumed", ""

    def _answer(self, step: TrialStep) -> TrialAnswer:
        """Send a step's call, again while waiting for a member.

        Record how to revert it.
        """
        call = self._filled(step)
        if step.leave_out:
            call = attrs.evolve(call, body=_without(call.body, step.leave_out))
        answer = self._sent(step, call)
        until = time.monotonic() + MAX_WAIT
        while (
            answer.is_success
            and _differing(answer.content, step.until)
            and time.monotonic() < until
        ):
            time.sleep(PAUSE)
            answer = self._ask(call)
        if step.name:
            self._answers[step.name] = answer.content
        if step.undo and answer.is_success:
            self._undo.append(step.undo)
        return answer

    def _sent(self, step: TrialStep, call: Filled) -> TrialAnswer:
        """Send a call, and remember it if it may have been executed."""
        try:
            answer = self._ask(call)
        except BaseException:
            if step.undo:
                self._doubts.append(step)
            raise
        if step.undo and answer.status >= 500:
            self._doubts.append(step)
        return answer

    def _report(self, step: TrialStep, answer: TrialAnswer) -> StepReport:
        differs = list[str]()
        if answer.is_success:
            differs += _differing(answer.content, {**step.has, **step.until})
            if step.alike:
                unlike = _unlike(
                    self._answers[step.alike], answer.content, step.members
                )
                if step.members:
                    excused = frozenset[str]()
                else:
                    excused = answer.declared
                differs += [name for name in unlike if name not in excused]
        if isinstance(answer.content, dict):
            named = str(answer.content.get("parameters"))
        else:
            named = ""
        names = []
        for name in step.names:
            if re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", named):
                names.append(name)
        said = (answer.summary, step.expects, differs, names)
        return StepReport(step.call, step.version, step.by, *said)

    def take_back(self) -> Iterator[str]:
        """Revert the calls, the last first.

        Yields each call that a person has to make or check.
        """
        for step in self._doubts:
            yield f"{step.call} (it may have been executed)"
        for undo in reversed(self._undo):
            try:
                call = self._filled(undo)
            except UnfilledError:
                yield f"{undo.call} (the answer has no such value)"
                continue
            try:
                answer = self._ask(call)
            except Exception as error:  # noqa: BLE001 - a person has to know the rest after any error
                yield f"{call.method} {call.target} ({type(error).__name__})"
                continue
            if not answer.is_success and answer.status != 404:
                yield f"{call.method} {call.target} ({answer.summary})"

    def _filled(self, call: TrialCall) -> Filled:

        def quoted(hole: re.Match[str]) -> str:
            return quote(str(self._value(hole)), safe="")

        target = HOLE.sub(quoted, call.target)
        return Filled(
            call.method, target, call.version, call.by, self._filled_body(call.body)
        )

    def _filled_body(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._filled_body(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._filled_body(one) for one in value]
        if not isinstance(value, str):
            return value
        if hole := HOLE.fullmatch(value):
            return self._value(hole)
        return HOLE.sub(lambda hole: str(self._value(hole)), value)

    def _value(self, hole: re.Match[str]) -> Any:
        step = hole["step"]
        path = hole["path"]
        value = _value_at(self._answers.get(step) if step else self._given, path)
        if value is _MISSING or value is None:
            raise UnfilledError(path)
        return value


def _value_at(document: Any, path: str) -> Any:
    """Return the value at a path, such as ``results.0.id``."""
    for part in path.split("."):
        if isinstance(document, dict) and part in document:
            document = document[part]
        elif (
            isinstance(document, list) and part.isdigit() and int(part) < len(document)
        ):
            document = document[int(part)]
        else:
            return _MISSING
    return document


def _differing(document: Any, expected: Mapping[str, Any]) -> list[str]:
    """Return the paths at which a document lacks the expected values."""
    flat = dict(_flat(expected))
    return [path for path, value in flat.items() if _value_at(document, path) != value]


def _flat(expected: Mapping[str, Any], outer: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in expected.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{outer}{name}.")
        else:
            yield f"{outer}{name}", value


def _unlike(old: Any, new: Any, members: Sequence[str]) -> list[str]:
    """Return the names of the members that differ; of lists those of any item."""
    if isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            return ["the number of items"]
        pairs = zip(old, new, strict=True)
        unlike_in = set[str]()
        for one, other in pairs:
            unlike_in.update(_unlike(one, other, members))
        return sorted(unlike_in)
    if not isinstance(old, dict) or not isinstance(new, dict):
        return [] if old == new else ["the whole answer"]
    names = members or sorted({*old, *new} - {"links"})
    unlike = []
    for name in names:
        if old.get(name, _MISSING) != new.get(name, _MISSING):
            unlike.append(name)
    return unlike


def _without(value: Any, name: str) -> Any:
    """Return a value without the members of a name, at any depth."""
    if isinstance(value, dict):
        return {key: _without(one, name) for key, one in value.items() if key != name}
    if isinstance(value, list):
        return [_without(one, name) for one in value]
    return value


def _difference(report: StepReport) -> str:
    """Return the unexpected part of an answer."""
    if report.differs:
        return f"{report.answer}, but different: {', '.join(report.differs)}"
    return f"{report.answer} instead of {' or '.join(report.expected)}"
