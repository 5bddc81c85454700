"""Successors of another API: its media type, the shape of its errors, and pages that it links."""

from typing import Any

import pytest

from shim.core.settings import Settings, parse_hosts
from shim.errors import SettingsError
from tests.core.driver import answers, drive, refuses
from tests.core.small import HEAD, NAME, START, TARGET, field, operation, read

MEDIA_TYPE = 'media_type = "application/json;v=2"'
OTHER = HEAD.replace('version = "2024-01-01"', MEDIA_TYPE)
SHAPE = '\n[operation.getThing.flex.error]\ncode = "errors[first].id"\ndetail = "errors[first].text"\n'
RULES = '\n[operation.getThing.flex.errors]\n"5" = "FIVE"\n"409" = { status = 400, detail = "Not now." }\n'
LEGACY = '\n[error]\ncode = "fault.code"\nstatus = "fault.status"\nreason = "message"\n'


def test_a_successor_is_asked_for_its_media_type():
    """Accept has it in place of a version."""
    driven = drive(read(OTHER + NAME), TARGET, [answers({"name": "a"})])
    assert dict(driven.sends[0].call.headers)["Accept"] == "application/json;v=2"


@pytest.mark.parametrize(
    ("error", "status", "code", "detail"),
    [
        ({"errors": [{"id": "gone", "text": "It left."}]}, 404, "gone", "It left."),
        ({"errors": [{"id": 5}]}, 404, "FIVE", "The successor answered 404."),
        ({"errors": [{"id": 7}]}, 404, "7", "The successor answered 404."),
        ({"errors": [{"id": "gone", "text": 7}]}, 404, "gone", "The successor answered 404."),
        ({"errors": [{"id": True}]}, 409, None, "Not now."),
        ([], 409, None, "Not now."),
    ],
)
def test_an_error_of_another_shape_becomes_one_of_atlas(error, status, code, detail):
    """With its code and words, or what a rule for code or status says."""
    driven = drive(read(OTHER + SHAPE + RULES + NAME), TARGET, [answers(error, status)])
    said = driven.document
    assert (said["errorCode"], said["detail"]) == (code, detail)
    assert driven.reply.status == said["error"] == (400 if status == 409 else status)


@pytest.mark.parametrize("error", [{"errorCode": "gone"}, {"errors": []}, ["gone"], "gone"])
def test_content_that_is_no_error_of_that_api_stays_as_it_came(error):
    """Unless a rule speaks of its status."""
    assert drive(read(OTHER + SHAPE + RULES + NAME), TARGET, [answers(error, 502)]).passed


@pytest.mark.parametrize("said", ["Not Found", None])
def test_errors_without_codes_are_known_by_their_words(said):
    """Their words are kept, and a rule goes by the status; content without them stays as it came."""
    wordy = '\n[operation.getThing.flex.error]\ndetail = "message"\n[operation.getThing.flex.errors]\n"404" = "GONE"\n'
    driven = drive(read(OTHER + wordy + NAME), TARGET, [answers({"message": said}, 404)])
    shown = said or "The successor answered 404."
    assert (driven.document["errorCode"], driven.document["detail"]) == ("GONE", shown)
    assert drive(read(OTHER + wordy + NAME), TARGET, [answers({"message": said}, 409)]).passed is (said is None)


def test_legacy_errors_have_their_own_shape():
    """Those that rules change, and those of the shim itself; names of which nothing is said get no member."""
    engine = read(OTHER.replace("[operation", f"{LEGACY}[operation", 1) + RULES + NAME)
    given = {"fault": {"code": 5, "more": 1}, "message": "Gone"}
    assert drive(engine, TARGET, [answers(given, 404)]).document == {**given, "fault": {"code": "FIVE", "more": 1}}
    driven = drive(engine, f"{TARGET}?pretty=maybe", [])
    assert driven.document == {"fault": {"code": "INVALID_QUERY_PARAMETER", "status": 400}, "message": "Bad Request"}


@pytest.mark.parametrize("successors", ['{ code = "error" }', '{ code = "fault.code" }'])
def test_a_code_that_is_an_integer_stays_one(successors):
    """Readers of such an API read no text."""
    text = OTHER.replace("[operation", f"{LEGACY}[operation", 1) + f"error = {successors}\nerrors = {{ 20404 = '5' }}\n"
    given: list[Any] = [{"error": 20404, "fault": {"code": 20404}}, {"error": 7, "fault": {"code": 7}}]
    made = [drive(read(text + NAME), TARGET, [answers(one, 404)]) for one in given]
    codes = [(given[1] if one.passed else one.document)["fault"]["code"] for one in made]
    assert codes == [5, 7]


@pytest.mark.parametrize(("error", "asked"), [({"fault": {"code": "NO"}}, 1), ({"error": 404, "errorCode": "NO"}, 2)])
def test_a_legacy_endpoint_is_known_by_its_own_errors(error, asked):
    """An error of another shape shows that it is gone, and the successor is asked."""
    text = OTHER.replace("[operation", f"{LEGACY}[operation", 1).replace("sunset = 2026-01-01", "sunset = 2027-01-01")
    assert len(drive(read(text + NAME), TARGET, [answers(error, 404), answers({"name": "a"})]).sends) == asked


def listed(more, *pages, shape="array", target="/api/atlas/v2/things"):
    """Ask for a list whose pages lead on as ``more`` says; return what was asked, and the names that came back."""
    text = START + operation("listThings", "GET", "/things", f'resource = "thing"\nshape = "{shape}"')
    text += f'\n[operation.listThings.flex]\npath = "/new"\n{MEDIA_TYPE}\n{more}\n' + NAME
    driven = drive(read(text), target, [one if isinstance(one, tuple) else answers(one) for one in pages])
    return driven, [send.call.target for send in driven.sends]


def page(*names, **more):
    """Return a page of things."""
    return {"results": [{"name": name} for name in names], **more}


@pytest.mark.parametrize(
    "link", ["/elsewhere?t=%2B1&x[]=2", "https://evil.example/new?t=%2B1&x[]=2#end", "?t=%2B1&x[]=2"]
)
def test_a_link_is_followed_by_its_query_alone(link):
    """On the successor's own path, wherever the link leads."""
    driven, asked = listed('next = "@odata.nextLink"', page("a", **{"@odata.nextLink": link}), page("b"))
    assert asked == ["/new", "/new?t=%2B1&x[]=2"]
    assert driven.document == [{"name": "a"}, {"name": "b"}]


@pytest.mark.parametrize("last", [None, "", False, "/new", "/new?", "/new?a b", 1.5, [], {}])
def test_pages_end_where_nothing_leads_on(last):
    """A null, no text, or a link without a query that can be sent."""
    assert listed('next = "next"', page("a", next=last))[1] == ["/new"]


def test_the_last_of_several_values_is_the_cursor():
    """Until a page has no items; the caller's own parameters are sent with each."""
    more = 'next = "results[each].name"\ncursor = "starting after"'
    _, asked = listed(more, page("a", "b&"), page(), target="/api/atlas/v2/things?x=1")
    assert asked == ["/new?x=1", "/new?x=1&starting+after=b%26"]


def test_a_page_of_the_legacy_api_is_cut_from_all_of_them():
    """With its own number and size."""
    driven, asked = listed('next = "n"\ncursor = "n"', page("a", "b", n=0), page("c"), shape="page",
                           target="/api/atlas/v2/things?itemsPerPage=2&pageNum=2")  # fmt: skip
    assert (driven.document["results"], asked) == ([{"name": "c"}], ["/new", "/new?n=0"])


LINKS = [
    ('<https://x.test/new?page=2&a=,>; rel="next", <https://x.test/new?page=9>; rel="last"', "/new?page=2&a=,"),
    ('</new?page=1>; rel=prev, </new?page=2>; title="a"; rel="nofollow next"', "/new?page=2"),
    ("</new?page=2>; rel=next", "/new?page=2"),
    ('</new?page=2>; rel="nextpage"', None),
    ('</new?page=2>; title="; rel=next"; rel="x"', None),
    ("</new>; rel=next", None),
    ("next", None),
]


@pytest.mark.parametrize(("field_value", "following"), LINKS)
def test_a_bare_list_is_followed_by_its_link_field(field_value, following):
    """That of the relation next, as RFC 8288 writes it."""
    first = answers([{"name": "a"}], 200, (("Link", field_value),))
    driven, asked = listed('bare = true\nnext = "Link"', first, *([answers([{"name": "b"}])] if following else []))
    assert asked == ["/new", *([following] if following else [])]
    assert driven.document == [{"name": "a"}, *([{"name": "b"}] if following else [])]


def test_a_list_of_another_api_is_asked_without_parameters_of_atlas():
    """And whatever it says of a total, there is no page after the first that nothing leads to."""
    driven, asked = listed("", page("a", totalCount=5, links=[{"rel": "next"}]), shape="page",
                           target="/api/atlas/v2/things?itemsPerPage=1&pageNum=2")  # fmt: skip
    assert (driven.document["results"], driven.document["totalCount"], asked) == ([], 1, ["/new"])


def test_linked_pages_have_an_end():
    """A successor that links one page after another for ever is refused."""
    driven, asked = listed('next = "n"\ncursor = "n"', *[page("a", n=1)] * 20)
    assert (driven.reply.status, driven.document["errorCode"], len(asked)) == (502, "SHIM_TOO_MANY_PAGES", 20)


def test_an_error_after_the_first_page_is_the_answer():
    """No part of a list stands for the whole."""
    assert listed('next = "n"\ncursor = "n"', page("a", n=1), refuses(404, "GONE"))[0].passed


def held(*pages):
    """Ask for one resource whose list has pages; return what was asked, and the driven call."""
    text = OTHER + '\nitems = "all.of"\nnext = "next"\ncursor = "after"\n' + "\n[resource.thing]\nrest = true\n"
    driven = drive(read(text), f"{TARGET}?after=0&x=1", [answers(one) for one in pages])
    return driven, [send.call.target for send in driven.sends]


def test_the_list_in_one_resource_is_read_to_its_end():
    """The last page has the items of all; a cursor of the caller's own is where reading begins."""
    first, last = {"all": {"of": [1, {"id": "a"}]}, "next": 7}, {"all": {"of": [{"id": "a"}, 2], "n": 3}, "next": None}
    driven, asked = held(first, last)
    assert driven.document == {"all": {"of": [1, {"id": "a"}, 2], "n": 3}, "next": None}
    assert asked == ["/new/t?after=0&x=1", "/new/t?x=1&after=7"]


def test_a_resource_without_its_list_is_whole_and_a_later_page_without_it_an_error():
    """No part of a list stands for the whole."""
    assert held({"error": "no"})[0].document == {"error": "no"}
    assert held({"all": {"of": [1]}, "next": 7}, {"error": "no"})[0].reply.status == 502


def test_legacy_errors_may_stand_in_the_first_item_of_a_list():
    """Which is made where the successor's error is none of that shape."""
    shape = (
        '\n[error]\ncode = "errors[first].code"\ndetail = "errors[first].text"\nstatus = "errors[first].at.status"\n'
    )
    engine = read(OTHER.replace("[operation", f"{shape}[operation", 1) + RULES + NAME)
    driven = drive(engine, f"{TARGET}?pretty=maybe", [])
    item = {
        "code": "INVALID_QUERY_PARAMETER",
        "text": "Invalid query parameter pretty specified.",
        "at": {"status": 400},
    }
    assert driven.document == {"errors": [item]}
    assert drive(engine, TARGET, [answers({"errors": [{"code": "5", "text": "t"}]}, 404)]).document == {
        "errors": [{"code": "FIVE", "text": "t"}]
    }


def test_an_api_may_begin_at_the_root():
    """Its links lead to many places, and stay as they are."""
    text = OTHER.replace("[operation", '[api.a]\nbase = "/"\nversion = "2023-01-01"\n[operation', 1)
    links = [{"rel": "x", "href": "https://elsewhere.example/things"}]
    fields = NAME + field("links", "links", 'from = "links"\nfidelity = "exact"')
    assert drive(read(text + fields), "/things/t", [answers({"name": "a", "links": links})]).document["links"] == links


def test_names_with_dots_stand_in_quotes():
    """In sources, in conditions, in names of fields, and of what does not pass."""
    fields = field("'a.b'.c", "string", "from = \"'x.y'.z\"\nfidelity = 'exact'")
    fields += field("d", "strings", "list = \"e.'f.g'\"\nfidelity = 'derived'\nwhy = 'x'")
    fields += "\n[resource.thing]\nrest = true\nwithout = [\"'h.i'\"]\n"
    driven = drive(read(OTHER + fields), TARGET, [answers({"x.y": {"z": "1"}, "h.i": 2, "j.k": 3})])
    assert driven.document == {"a.b": {"c": "1"}, "d": [], "j.k": 3}


NEXT = field("next", "string", 'next = "more"\nfidelity = "derived"\nwhy = "x"')


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"more": "https://new.example/x?page=2"}, "http://127.0.0.1:8480/api/atlas/v2/things/t?page=2"),
        ({"more": "/x?page=2"}, "/api/atlas/v2/things/t?page=2"),
        ({"more": None}, None),
        ({"more": "/x"}, "absent"),
        ({"more": 5}, "absent"),
        ({}, "absent"),
    ],
)
def test_a_link_to_the_next_page_is_the_legacy_call_with_its_query(more, expected):
    """Whole or as a path, as upstream's is; a null stays null, and what is no such link is left out."""
    driven = drive(read(OTHER + NEXT), f"{TARGET}?x=1", [answers(more)])
    assert driven.document.get("next", "absent") == expected
    assert len(driven.outcome.record.dropped) == (bool(more) and expected == "absent")


def test_a_parameter_is_refused_before_anything_is_sent():
    """With the error that the document gives it."""
    rule = '\n[operation.getThing.flex.query.old.refuse]\nerrorCode = "NO_OLD"\ndetail = "Nothing is old."\n'
    driven = drive(read(HEAD + rule + NAME), f"{TARGET}?new=1&ol%64=2", [])
    assert (driven.sends, driven.reply.status) == ((), 400)
    assert (driven.document["errorCode"], driven.document["detail"]) == ("NO_OLD", "Nothing is old.")
    assert drive(read(HEAD + rule + NAME), f"{TARGET}?new=1", [answers({})]).targets == ("/new/t?new=1",)


def test_words_that_a_successor_lacks_are_refused_with_an_error_of_the_document():
    """All others are sent as it says them."""
    rule = "query.old = { values = { 0 = '0' }, refuse = { errorCode = 'NO_OLD', detail = 'x' } }\n"
    assert drive(read(HEAD + rule + NAME), f"{TARGET}?old=1", []).document["errorCode"] == "NO_OLD"
    assert drive(read(HEAD + rule + NAME), f"{TARGET}?old=0", [answers({})]).targets == ("/new/t?old=0",)


ELSEWHERE = OTHER.replace(MEDIA_TYPE, f'{MEDIA_TYPE}\nhost = "lamps"')
CREDENTIALS = (("Authorization", "Bearer x"), ("X-Key", "y"), ("Cookie", "z"), ("User-Agent", "u"))


@pytest.mark.parametrize(
    ("hosts", "fields"),
    [
        ("lamps=https://lamps.test", {"User-Agent", "Accept"}),
        ("lamps=credentials@https://lamps.test", {"Authorization", "X-Key", "Cookie", "User-Agent", "Accept"}),
    ],
)
def test_a_callers_credentials_go_to_no_host_that_is_not_listed_for_them(hosts, fields):
    """Whatever field they are in; the answer is translated as ever."""
    settings = Settings(hosts=parse_hosts(hosts))
    driven = drive(read(ELSEWHERE + NAME), TARGET, [answers({"name": "a"})], settings=settings, headers=CREDENTIALS)
    assert driven.sends[0].call.origin == "https://lamps.test"
    assert {name for name, _ in driven.sends[0].call.headers} == fields
    assert driven.document == {"name": "a"}


@pytest.mark.parametrize(("listed", "sent"), [("", "to=1"), ("credentials@", "to=1&token=s&token=t")])
def test_a_parameter_may_be_a_credential_too(listed, sent):
    """Those that the document names go to another host; any other goes where credentials may, and is noted else."""
    rule = '\n[operation.getThing.flex.query.known]\nto = "to"\n'
    settings = Settings(hosts=parse_hosts(f"lamps={listed}https://lamps.test"))
    target = f"{TARGET}?kn%6Fwn=1&token=s&token=t"
    driven = drive(read(ELSEWHERE + rule + NAME), target, [answers({})], settings=settings)
    assert driven.targets == (f"/new/t?{sent}",)
    lost = "not sent to another host, as the document does not know them: token"
    assert (lost in driven.outcome.record.notes) is (not listed)


def test_a_host_that_no_operator_named_is_not_called():
    """The document has a name for it, and nobody said which it is."""
    driven = drive(read(ELSEWHERE + NAME), TARGET, [])
    assert (driven.sends, driven.reply.status, driven.document["errorCode"]) == ((), 502, "SHIM_HOST_NOT_LISTED")


@pytest.mark.parametrize("text", ["lamps", "lamps=", "=https://a.test", "a b=https://a.test", "a=ftp://x", "a=b=c"])
def test_a_host_is_a_name_and_an_origin(text):
    """Anything else is an error that quotes no URL, since it may hold a password."""
    with pytest.raises(SettingsError) as caught:
        parse_hosts(text)
    assert "ATLAS_SHIM_HOSTS" in str(caught.value)


def test_a_host_that_no_document_names_is_a_mistake():
    """It may be misspelt."""
    with pytest.raises(SettingsError, match="ATLAS_SHIM_HOSTS: 'lamp' is not one of lamps"):
        read(ELSEWHERE + NAME).check_settings(Settings(hosts=parse_hosts("lamp=https://lamps.test")))
