"""Errors travel: they can be pickled and copied, as worker pools do."""

import copy
import pickle

import pytest

from shim.errors import AtlasError, DocumentError, NotFoundError, RateLimitedError


@pytest.mark.parametrize(
    "error",
    [
        AtlasError(500),
        NotFoundError(404, error_code="CLUSTER_NOT_FOUND", detail="No such cluster.", parameters=("a", 1)),
        RateLimitedError(429, reason="Too Many Requests", retry_after=5.0, body=b"{}"),
    ],
)
@pytest.mark.parametrize("carry", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_atlas_error_survives_the_way_to_another_process(error, carry):
    """Type, text and every member come out as they went in."""
    again = carry(error)
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_notes_of_an_error_travel_too():
    """What was added on its way (PEP 678), such as how often a call was tried, is not an argument of its class."""
    error = NotFoundError(404)
    error.add_note("3 attempts were made.")
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["3 attempts were made."]


def test_a_document_error_lists_its_problems():
    """Every defect has a line of the message."""
    error = DocumentError(("a.toml: x: is missing", "b.toml: y: is wrong"))
    assert str(error).splitlines() == list(error.problems)
