"""``envelope`` and ``pretty``, on what is translated, handed back and made by the shim."""

import json
import re

import pytest

from tests.core.driver import (
    GET,
    LIST,
    NON_FLEX,
    SNAPSHOT,
    answers,
    drive,
    refuses,
)

V2 = f"/api/atlas/v2{LIST}"


def test_an_envelope_gives_a_page_its_status(engine):
    """A page gains ``status`` beside its members."""
    driven = drive(engine, f"{V2}?envelope=true", [answers({"results": []})])
    assert list(driven.document) == ["links", "results", "totalCount", "status"]
    assert driven.document["status"] == driven.reply.status == 200


def test_an_envelope_holds_one_resource(engine):
    """One resource stands inside, beside the status."""
    plain = drive(engine, f"/api/atlas/v2{GET}", [answers(SNAPSHOT)]).document
    driven = drive(engine, f"/api/atlas/v2{GET}?envelope=true", [answers(SNAPSHOT)])
    assert driven.document == {"status": 200, "content": plain}


def test_an_envelope_holds_an_error_of_atlas(engine):
    """Its HTTP status and its other fields stay."""
    driven = drive(engine, f"{V2}?envelope=true&pretty=true", [refuses(404, "GROUP_NOT_FOUND")])
    assert driven.reply.status == 404
    assert driven.document["status"] == 404
    assert driven.document["content"] == json.loads(refuses(404, "GROUP_NOT_FOUND")[2])
    assert driven.reply.headers == (("X-Error-Code", "GROUP_NOT_FOUND"), ("Content-Type", "application/json"))
    assert driven.content.startswith(b'{\n  "status" : 404,')
    bare = drive(engine, f"{V2}?envelope=true", [(500, (), b"{}")])
    assert bare.reply.headers == (("Content-Type", "application/json"),)


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"[" * 100000, b'{"a":' + b"[" * 500 + b"]" * 500 + b"}"])
def test_an_error_that_fits_no_envelope_is_handed_back(engine, content):
    """What is no object, or too deep to be written again, goes back byte for byte."""
    assert drive(engine, f"{V2}?envelope=true&pretty=true", [(500, (), content)]).passed


def test_an_error_in_an_envelope_can_still_lead_on(engine):
    """What was read to find the tier is not read again for the envelope."""
    driven = drive(engine, f"{V2}?envelope=true", [NON_FLEX, answers({"results": []})])
    assert driven.routes == ("flex", "dedicated")
    refused = drive(engine, f"{V2}?envelope=true", [refuses(404, "GROUP_NOT_FOUND")])
    assert len(refused.steps) == 2


@pytest.mark.parametrize("target", [V2, f"/api/atlas/v2{GET}"])
def test_errors_of_the_shim_keep_to_envelope_and_pretty(engine, target):
    """The caller that asked for an envelope gets one from the shim, too."""
    driven = drive(engine, f"{target}?envelope=true&pretty=true", [(200, (), b"x")])
    assert driven.reply.status == 502
    assert driven.document["status"] == 502
    assert driven.document["content"]["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert driven.content.startswith(b'{\n  "status" : 502,')


def test_an_error_about_the_envelope_has_none(engine):
    """A word that means nothing asks for nothing."""
    driven = drive(engine, f"{V2}?envelope=perhaps&pretty=true", [])
    assert driven.document["parameters"] == ["envelope"]


def test_pretty_is_the_same_document_laid_out(engine):
    """Two spaces, and a space before the colon, as Atlas' own pretty bodies."""
    plain = drive(engine, f"/api/atlas/v2{GET}", [answers(SNAPSHOT)])
    pretty = drive(engine, f"/api/atlas/v2{GET}?pretty=true", [answers(SNAPSHOT)])
    assert pretty.document == plain.document
    assert re.match(rb'\{\n  "createdAt" : "2026-08-02T17:05:37Z",\n  "', pretty.content)
