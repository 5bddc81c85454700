"""mitmproxy in reverse mode: rewrites the path of a retired call and translates its reply."""

from __future__ import annotations

from mitmproxy import http

from benchmarks.peers.translate import flex_path, legacy_body


def request(flow: http.HTTPFlow) -> None:
    """Rewrite the path, and remember the caller's."""
    path = flow.request.path.partition("?")[0]
    target = flex_path(path)
    if target:
        flow.metadata["legacy"] = (path, flow.request.pretty_host)
        flow.request.path = target


def response(flow: http.HTTPFlow) -> None:
    """Translate the reply of a rewritten call."""
    legacy = flow.metadata.get("legacy")
    if legacy and flow.response and flow.response.status_code == 200:
        flow.response.content = legacy_body(legacy[0], flow.response.content or b"", f"http://{legacy[1]}")
