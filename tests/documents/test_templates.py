"""Path templates."""

from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.documents.templates import decoded, encoded, parameter_name, parse_template


@pytest.mark.parametrize(
    "raw",
    [
        "",
        ".",
        "..",
        "%2e",
        "%2E%2e",
        ".%2E",
        "%2F",
        "a%2fb",
        "%5C",
        "a\\b",
        "%00",
        "%0a",
        "%7f",
        "%25",
        "%252F",
        "%",
        "%4",
        "%zz",
        "%ff",
        "%c0%ae",
        "%ed%a0%80",
        "a#b",
        "a/b",
        "a b",
        'a"b',
        "ä",
        "..;",
        "..;x=1",
        ".;",
        ";x",
        "%2e%2e%3bx",
    ],
)
def test_what_could_mean_something_else_downstream_is_no_segment(raw):
    """Dot segments, slashes and controls in any encoding, and what is no raw segment, are refused."""
    assert decoded(raw) is None


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Cluster0", "Cluster0"),
        ("a%20b", "a b"),
        ("%C3%A4", "ä"),
        ("%c3%a4", "ä"),
        ("a+b", "a+b"),
        ("...", "..."),
        ("a.b", "a.b"),
        ("%23", "#"),
        ("%3F", "?"),
        ("a;v=1", "a;v=1"),
        ("~!$&'()*+,;=:@-_", None),
        ("x!$&'()*+,;=:@-_~", "x!$&'()*+,;=:@-_~"),
    ],
)
def test_a_segment_is_decoded(raw, text):
    """A raw segment has the text that its percent-encoding stands for."""
    assert decoded(raw) == (text if text is not None else raw)


@given(st.text())
def test_an_encoded_text_decodes_to_itself(text):
    """Whatever text has a segment at all is got back from it, and the segment is plain ASCII."""
    raw = encoded(text)
    if raw is not None:
        assert decoded(raw) == text
        assert raw.isascii()
        assert not set(raw) & set("/?#\\")


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1))
def test_ordinary_names_always_have_a_segment(name):
    """Letters and digits are their own segment."""
    assert encoded(name) == name


@pytest.mark.parametrize("text", ["", ".", "..", "a/b", "a\\b", "\0", "%", "\ud800", "..;x"])
def test_some_texts_have_no_segment(text):
    """A text that a path cannot safely carry has no segment."""
    assert encoded(text) is None


@given(st.binary(max_size=12))
def test_any_bytes_encoded_are_decoded_as_the_standard_library_does(content):
    """What is accepted is what ``urllib`` makes of it as UTF-8."""
    text = decoded(quote(content, safe=""))
    if text is not None:
        assert text.encode() == content == unquote_to_bytes(quote(content, safe=""))


def test_a_template_knows_its_parameters_in_order():
    """Parameters are listed as they stand in the path."""
    template = parse_template("/groups/{groupId}/serverless/{clusterName}")
    assert template.parameters == ("groupId", "clusterName")
    assert template.segments == ("groups", "{groupId}", "serverless", "{clusterName}")


def test_a_template_builds_with_raw_values():
    """Values go in byte for byte: nothing is encoded, decoded or taken for a template again."""
    template = parse_template("/groups/{groupId}/x/{name}")
    assert template.build({"groupId": "%7Bname%7D{name}", "name": "a%2bB"}) == "/groups/%7Bname%7D{name}/x/a%2bB"


def test_building_without_a_value_is_an_error():
    """A parameter without a value is no path."""
    with pytest.raises(KeyError):
        parse_template("/{a}").build({})


@pytest.mark.parametrize(
    "text",
    ["", "/", "a", "a/b", "/a/", "//a", "/a//b", "/a b", "/..", "/a/./b", "/{}", "/{a}{b}", "/x{a}", "/{1}", "/ä"],
)
def test_a_text_that_is_no_template_is_refused(text):
    """A template is a path of fixed segments and whole parameters."""
    with pytest.raises(ValueError, match=r"slash|segment"):
        parse_template(text)


def test_a_parameter_stands_once():
    """One name can't have two values."""
    with pytest.raises(ValueError, match="twice"):
        parse_template("/{a}/{a}")


def test_a_fixed_segment_has_no_parameter_name():
    """Only a whole ``{name}`` is a parameter."""
    assert [parameter_name(text) for text in ("{a}", "a", "x{a}", "{}")] == ["a", "", "", ""]
