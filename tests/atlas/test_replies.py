"""A reply becomes a value, or the error of its status with all of Atlas's details; errors can be pickled."""

import copy
import pickle

import pytest

from shim import errors, httpx
from shim.atlas import ServerlessInstanceDescription as Instance
from shim.atlas.replies import result_of, retry_after
from shim.errors import AtlasError, NotFoundError, RateLimitedError


def refused(status, content=b"", **headers):
    """Return the error for a reply."""
    with pytest.raises(errors.AtlasError) as caught:
        result_of(Instance, httpx.Response(status, content=content, headers=headers))
    return caught.value


@pytest.mark.parametrize(("status", "kind"), [
    (302, errors.AtlasError), (400, errors.AtlasError), (401, errors.UnauthorizedError),
    (403, errors.ForbiddenError), (404, errors.NotFoundError), (410, errors.GoneError),
    (429, errors.RateLimitedError), (502, errors.AtlasError),
])  # fmt: skip
def test_the_status_decides_the_class_of_the_error(status, kind):
    """Each class has its statuses."""
    assert type(refused(status, b"{}")) is kind


def test_an_error_has_all_of_atlas_s_details():
    """Each member of the body is an attribute, and the message has the important ones."""
    body = (
        b'{"detail":"No cluster named cluster-735 exists in group b0123456789abcdef012345b.","error":404,'
        b'"errorCode":"CLUSTER_NOT_FOUND","parameters":["cluster-735","b0123456789abcdef012345b"],"reason":"Not Found"}'
    )
    error = refused(404, body)
    assert error.status == 404
    assert error.error_code == "CLUSTER_NOT_FOUND"
    assert error.reason == "Not Found"
    assert (
        error.detail
        == "No cluster named cluster-735 exists in group b0123456789abcdef012345b."
    )
    assert error.parameters == ("cluster-735", "b0123456789abcdef012345b")
    assert error.body == body
    assert str(error) == f"404 CLUSTER_NOT_FOUND: {error.detail}"
    assert str(refused(410, b'{"errorCode":"VERSION_GONE"}')) == "410 VERSION_GONE"


@pytest.mark.parametrize("body", [
    b"", b"<html><body>502 Bad Gateway</body></html>", b'{\n  "error" : 401,\n  "reason" : "Unauthorized"\n}',
    b'{"detail":null,"error":404,"errorCode":null,"parameters":null,"reason":"Not Found"}',
    b'{"parameters":"x","errorCode":5,"detail":["a"],"reason":{}}', b"[1,2]", b'"text"', b"\xff\xfe",
    b"[" * 100_000, b'{"a":' + b"9" * 5000 + b"}",
])  # fmt: skip
def test_unusual_bodies_are_kept(body):
    """Any content of an error is accepted and stored; missing details are None or empty."""
    error = refused(400, body)
    assert error.error_code is None
    assert error.detail is None
    assert error.parameters == ()
    assert error.body == body
    assert str(error)


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[]", b"<html>", b'{"a":NaN}', b'"x"']
)
def test_success_without_the_expected_json_is_an_error(content):
    """It has that status and the shim's own code, and describes the expected content."""
    error = refused(200, content)
    assert type(error) is errors.AtlasError
    assert error.status == 200
    assert error.error_code == "SHIM_UPSTREAM_UNREADABLE"
    assert error.detail == (
        "The content of this success is not a JSON object. See: atlas-shim explain SHIM_UPSTREAM_UNREADABLE"
    )
    assert error.body == content


def test_any_success_is_accepted():
    """v1.0 returns 201 where v2 returns 200; a reply without the shim has no record."""
    response = httpx.Response(
        201, json={"id": "a"}, extensions={"shim": {"something": "else"}}
    )
    result = result_of(Instance, response)
    assert result.id == "a"
    assert result.record is None


@pytest.mark.parametrize(("value", "seconds"), [
    (None, None), ("", None), ("0", 0.0), ("120", 120.0), ("-1", None), ("1.5", None), ("soon", None),
    ("nan", None), ("9" * 400, None), ("²", None), ("Thu, 22 Jan 2026 00:00:30 GMT", 30.0),
    ("Thu, 22 Jan 2026 00:00:30 -0000", 30.0), ("Thu, 2 Jan 2025 00:00:00 GMT", 0.0),
    ("Thu, 22 Jan 99999999999 00:00:30 GMT", None),
])  # fmt: skip
def test_retry_after_is_parsed(value, seconds):
    """It may be seconds or an HTTP-date; a past date is not a wait, and an invalid value is ignored."""
    assert retry_after(value, now=1769040000.0) == seconds


@pytest.mark.parametrize(
    "error",
    [
        AtlasError(500),
        NotFoundError(
            404,
            error_code="CLUSTER_NOT_FOUND",
            detail="No such cluster.",
            parameters=("a", 1),
        ),
        RateLimitedError(429, reason="Too Many Requests", retry_after=5.0, body=b"{}"),
    ],
)
@pytest.mark.parametrize(
    "carry", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))]
)
def test_an_error_can_be_sent_to_another_process(error, carry):
    """Type, text and every attribute are the same afterwards."""
    again = carry(error)
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_notes_of_an_error_are_pickled_too():
    """A note that was added later (PEP 678), such as the number of attempts, is not an argument of its class."""
    error = NotFoundError(404)
    error.add_note("3 attempts were made.")
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["3 attempts were made."]
