"""A successor's error in legacy terms: its code, status and text, and an envelope where the caller asked for one."""

from __future__ import annotations

from shim.core.content import error_code
from shim.core.context import ExchangeState
from shim.core.messages import Answer, Outcome, PassThrough, Reply, field, reason_phrase, replaced
from shim.core.responses import document_reply, enveloped, error_body, written
from shim.documents.model import ErrorRule, Successor
from shim.documents.templates import filled_in
from shim.documents.value_types import Json, JsonObject


def error_in_legacy_terms(state: ExchangeState, reply: Reply, successor: Successor) -> Outcome:
    """Return the legacy error of a read reply that is one.

    It stays as it came, but for what the document says of its code or status. Where a status has a rule, whatever
    came with it that is no error document becomes one.
    """
    document = state.json.read(reply)
    code = error_code(document)
    rule = successor.errors.get(code or "") or successor.errors.get(str(reply.status))
    wrapped = state.query.envelope and reply.status >= 400
    if rule is None and (not wrapped or type(document) is not dict):
        return PassThrough(state.record())
    status, headers = reply.status, reply.headers
    kind = field(headers, "content-type") or "application/json"
    if type(document) is not dict:
        document = {**error_body(status, "", f"The successor answered {status}."), "errorCode": None}
        kind = "application/json"
    if rule is not None:
        status = rule.status or status
        document = _in_legacy_terms(state, document, rule)
        if rule.code is not None and field(headers, "x-error-code") is not None:
            headers = replaced(headers, "X-Error-Code", rule.code)
    shown = enveloped(document, status, page=False) if wrapped else document
    content = written(shown, pretty=state.query.pretty, dumps=state.context.dumps)
    return Answer(document_reply(content, status, kind, headers), state.record())


def _in_legacy_terms(state: ExchangeState, document: JsonObject, rule: ErrorRule) -> JsonObject:
    said: dict[str, Json] = {}
    if rule.code is not None:
        said["errorCode"] = rule.code
    if rule.status is not None:
        said |= {"error": rule.status, "reason": reason_phrase(rule.status)}
    if rule.detail is not None:
        said["detail"] = filled_in(rule.detail, state.match.parameters)
    return {**document, **said}
