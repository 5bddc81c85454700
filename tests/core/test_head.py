"""HEAD of a retired read: what GET is answered with, without its content."""

from tests.core.driver import AFTER, BEFORE, GET, LIST, SNAPSHOT, answers, drive, refuses

V2 = "/api/atlas/v2"


def test_head_has_the_fields_of_get_and_no_content(engine):
    """The successor is asked with GET; the length is that of the content that GET has."""
    page = answers({"results": [SNAPSHOT]})
    got = drive(engine, f"{V2}{LIST}", [page], clock=AFTER)
    head = drive(engine, f"{V2}{LIST}", [page], clock=AFTER, method="HEAD")
    assert [send.call.method for send in head.sends] == ["GET"]
    assert (head.reply.status, head.content) == (200, b"")
    assert dict(head.reply.headers)["Content-Length"] == str(len(got.content))
    assert dict(head.reply.headers)["Content-Type"] == dict(got.reply.headers)["Content-Type"]


def test_an_error_of_the_successor_has_no_content_either(engine):
    """Status and fields are its own."""
    head = drive(engine, f"{V2}{GET}", [refuses(403, "NO")], clock=AFTER, method="HEAD")
    assert (head.reply.status, head.content) == (403, b"")
    assert dict(head.reply.headers)["X-Error-Code"] == "NO"


def test_before_the_sunset_head_goes_out_as_it_came(engine):
    """And a 404 without content says nothing of retirement."""
    for status in (200, 404, 405):
        head = drive(engine, f"{V2}{GET}", [(status, (), b"")], clock=BEFORE, method="HEAD")
        assert [send.call.method for send in head.sends] == ["HEAD"]
        assert head.passed


def test_a_410_to_head_leads_to_the_successor(engine):
    """Its status alone says that nothing was executed."""
    head = drive(engine, f"{V2}{GET}", [(410, (), b""), answers(SNAPSHOT)], clock=BEFORE, method="HEAD")
    assert [send.call.method for send in head.sends] == ["HEAD", "GET"]
    assert (head.reply.status, head.content) == (200, b"")


def test_what_nobody_was_asked_for_has_no_content_either(engine):
    """A constant, and an error of the shim's own, have the length that GET's content has."""
    constant = f"{V2}/groups/g1/serverless/shop/performanceAdvisor/autoIndexing"
    for target in (constant, f"{V2}{LIST}?pageNum=0"):
        got = drive(engine, target, [], clock=AFTER)
        head = drive(engine, target, [], clock=AFTER, method="HEAD")
        assert (head.reply.status, head.content) == (got.reply.status, b"")
        assert dict(head.reply.headers)["Content-Length"] == str(len(got.content))
