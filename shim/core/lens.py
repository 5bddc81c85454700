"""Merge a legacy body into the current resource: look it up, convert it, and send the differences.

The rules of a body build a successor's from a complete legacy body. They run three
times: for the caller's values laid over the current ones, for the current ones alone,
and for those without the members that the caller gives. The first two show what
changes. The last shows which values the caller didn't mention. Where the old version
shows another value than the resource has, a value that the caller doesn't give stays;
any other is refused before anything is sent.
"""

from __future__ import annotations

from collections.abc import Generator

import attrs

from shim.core.answer import rules_context
from shim.core.before import ask_before, made_body
from shim.core.laying import Forms, Laying
from shim.core.messages import Command, Reply
from shim.core.question import successor_call
from shim.core.responses import CallError
from shim.core.state import ExchangeState, refuse_success
from shim.core.translate import translate_one
from shim.core.whole import moved, passed_over, whole_body, without_asked
from shim.documents.calls import Successor, Target
from shim.documents.lens import FROM_LENS, Lens
from shim.documents.vocabulary import Json, JsonObject


@attrs.frozen
class Look:
    """The current resource: the reply to a lookup."""

    target: Target
    """The call for which it was looked up."""
    reply: Reply
    document: Json
    """The reply's document, None if it could not be read."""

    @property
    def shows_it(self) -> bool:
        """Whether the lookup succeeded."""
        return 200 <= self.reply.status < 300


def lens_of(body: JsonObject | None, target: Target) -> Lens | None:
    """Return the lens for a legacy body, None if no member needs one."""
    lens = target.lens
    if lens is not None and any(name in (body or {}) for name in lens.members):
        return lens
    return None


def look(
    state: ExchangeState, tier: Successor, target: Target, lens: Lens
) -> Generator[Command, Reply, Look]:
    """Read the current resource.

    Raises CallError for an unusable reply, or a success that means an error.
    """
    asked = Target("GET", target.path, lens.version)
    call = successor_call(state.match, state.call, asked, None, None)
    reply, document = yield from ask_before(state, tier, call)
    found = Look(target, reply, document)
    if found.shows_it:
        if reply.status != 200 or type(document) is not dict:
            what = (
                reply.fault or state.json.refused or "it is not 200 with a JSON object"
            )
            detail = f"The {tier.tier} endpoint answered {reply.status} to the lookup before this call: {what}."
            raise CallError(502, "SHIM_UPSTREAM_UNREADABLE", detail)
        refuse_success(lens.errors, reply, document, state.match)
    return found


def check_unchanged(lens: Lens, first: Look, second: Look) -> None:
    """Raise CallError if the compared members changed between two lookups."""
    assert type(first.document) is dict, "it was read"
    now = second.document if type(second.document) is dict else {}
    for name in lists_of(lens):
        if first.document.get(name) != now.get(name):
            detail = f"{name} changed while this call was made, and nothing was sent. Read the cluster, and call again."
            raise CallError(409, "SHIM_RESOURCE_CHANGED", detail, (name,))


def lists_of(lens: Lens) -> set[str]:
    """Return the members of the successor's body that are compared with the resource."""
    return {name for name in lens.lists if "." not in name}


def seen_through(
    state: ExchangeState,
    tier: Successor,
    target: Target,
    lens: Lens,
    found: Look | None,
) -> JsonObject:
    """Return the successor's body: its differences from ``found``, empty if there are none.

    Raises CallError for changes that the old version can't express.
    """
    asked = state.body or {}
    if found is not None:
        there = found.document
    else:
        there = None
    if type(there) is not dict:
        whole = _whole(state, lens, lens.start or {}, asked)
        return _made(state, target, lens, {**asked, **whole, "asked": asked})
    answers = state.match.compiled.answers(tier.tier, state.match.api.name)
    shown = translate_one(
        answers, there, rules_context(state.match, state.context)
    ).value
    was = {name: shown[name] for name in lens.members if name in shown}
    whole = _whole(state, lens, was, asked)
    said = {**dict.fromkeys(moved(lens, was, asked).values()), **asked}
    made = _made(state, target, lens, {**asked, **whole, "asked": asked, "was": was})
    same = _made(state, target, lens, {**was, "asked": asked, "was": was})
    unsaid = _made(
        state, target, lens, {**without_asked(was, said), "asked": asked, "was": was}
    )
    members = [name for name in asked if name in lens.members]
    laying = Laying(lens, members, target.version)
    for name in lists_of(lens):
        forms = Forms(made, same, unsaid, there).member(name)
        if forms.made == forms.shown:
            made.pop(name, None)
        else:
            laying.check_counts(name, whole.get(name), forms)
            made[name] = laying.lay_list(name, name, forms)
    return made


def _whole(
    state: ExchangeState, lens: Lens, base: JsonObject, asked: JsonObject
) -> JsonObject:
    """Return a complete legacy body, and note the replaced members.

    Raises CallError as ``whole_body`` does.
    """
    whole = whole_body(lens, base, asked)
    for name in passed_over(lens, whole, asked):
        state.notes.append(
            f"{name} was not sent: it is unchanged, and {lens.means[name][0]} has another value"
        )
    return whole


def _made(
    state: ExchangeState, target: Target, lens: Lens, source: JsonObject
) -> JsonObject:
    """Return the rules' result for a complete legacy body.

    Raises CallError for a value that they can't use.
    """
    assert target.body is not None, "checked"
    return made_body(state, target.body, source, (*lens.members, *FROM_LENS))
