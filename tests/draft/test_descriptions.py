"""OpenAPI descriptions: references, variants and versions, and files that are none."""

import pytest

from shim.errors import SettingsError
from shim.tools.draft.descriptions import Member

TEXT = {"type": "string"}


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def obj(**members):
    return {"type": "object", "properties": members}


def test_what_all_of_says_holds_together(members):
    """Members of each part are members, in objects and in the items of lists."""
    found = members({"allOf": [ref("One"), obj(b={"type": "array", "items": TEXT})]}, One=obj(a=obj(c=TEXT)))
    types = {path: one.type for path, one in found.items()}
    assert types == {"": "object", "a": "object", "a.c": "string", "b": "array", "b[]": "string"}


def test_variants_that_name_their_base_end_there(members):
    """A discriminator's variants refer back to what they are variants of, which is no endless circle."""
    base = {**obj(kind=TEXT), "discriminator": {"propertyName": "kind", "mapping": {"a": "A", "b": "B"}}}
    variants = {name: {"allOf": [ref("Base"), obj(**{name.lower(): TEXT})]} for name in "AB"}
    assert set(members(ref("Base"), Base=base, **variants)) == {"", "kind", "a", "b"}
    assert set(members(ref("A"), Base=base, **variants)) == {"", "kind", "a"}


def test_types_of_variants_are_one_or_none(members):
    """Atlas says object of its region names, and lists of words as variants; null is not a type."""
    region = {"type": "object", "oneOf": [{**TEXT, "enum": ["EU"]}, {**TEXT, "enum": ["US"]}]}
    mixed = {"oneOf": [TEXT, {"type": "boolean"}]}
    found = members(obj(region=region, mixed=mixed, null={"type": ["integer", "null"]}))
    assert found["region"] == Member("string", frozenset({"EU", "US"}))
    assert (found["mixed"].type, found["null"].type) == ("", "integer")


def test_versions_and_sunsets_stand_at_media_types(described):
    """The dates are those of Accept."""
    content = {
        "application/vnd.atlas.2026-06-01+json": {},
        "application/vnd.atlas.2023-01-01+json": {"x-sunset": "2027-07-01T00:00:00Z"},
        "text/csv": {},
    }
    get = {"operationId": "a", "responses": {"200": {"content": content}, "404": {"content": content}}}
    answers = described({"openapi": "3.0.1", "paths": {"/a": {"get": get}}}).operation("a").answers
    assert [(one.version, one.sunset) for one in answers] == [("2023-01-01", "2027-07-01"), ("2026-06-01", "")]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"swagger": "2.0"}, "is not an OpenAPI 3 description"),
        ([], "is not an OpenAPI 3 description"),
        ({"openapi": "3.0.1", "paths": [1]}, "is not an OpenAPI 3 description"),
    ],
)
def test_what_can_not_be_read_is_said(described, said, what):
    """Another format, and what has not the form that it claims."""
    with pytest.raises(SettingsError, match=what):
        described(said)


@pytest.mark.parametrize(
    ("schema", "what"),
    [(ref("Nowhere"), "leads nowhere"), ({"$ref": "a.json#/x"}, "leads nowhere"), (ref("Round"), "leads to itself")],
)
def test_references_lead_somewhere_in_the_file(members, schema, what):
    """Those that lead out of it, nowhere, or to themselves are named."""
    with pytest.raises(SettingsError, match=what):
        members(schema, Round=ref("And"), And=ref("Round"))


def doubling(times):
    """Return schemas each of which has the next one twice."""
    schemas = {f"S{number}": obj(a=ref(f"S{number + 1}"), b=ref(f"S{number + 1}")) for number in range(times)}
    return {**schemas, f"S{times}": obj(z=TEXT)}


def test_schemas_that_double_are_read_once_each(members):
    """Thirteen of them have 8,192 leaves."""
    found = members(ref("S0"), **doubling(13))
    assert sum(path.endswith(".z") for path in found) == 2**13


def test_an_answer_with_more_members_than_anybody_reads_is_refused_where_it_is_asked_for(described):
    """Other operations of its description are drafted as ever."""
    answers = {name: {"200": {"content": {"application/json": {"schema": ref(name)}}}} for name in ("S0", "S60")}
    paths = {f"/{name}": {"get": {"operationId": name, "responses": said}} for name, said in answers.items()}
    api = described({"openapi": "3.0.1", "paths": paths, "components": {"schemas": doubling(60)}})
    assert set(api.operation("S60").answer("", 0).members) == {"", "z"}
    with pytest.raises(SettingsError, match=r"api\.json: an answer has more than 50000 members"):
        assert api.operation("S0").answer("", 0).members
