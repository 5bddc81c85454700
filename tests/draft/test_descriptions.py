"""OpenAPI descriptions: references, variants and versions, and files that are none."""

import pytest

from shim.errors import SettingsError


def api(schema, **schemas):
    answer = {"content": {"application/json": {"schema": schema}}}
    get = {"operationId": "getThing", "responses": {"200": answer, "404": answer}}
    return {"openapi": "3.0.1", "paths": {"/things/{id}": {"get": get}}, "components": {"schemas": schemas}}


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def obj(**members):
    return {"type": "object", "properties": members}


TEXT = {"type": "string"}


@pytest.fixture
def shape(described):
    """Return a function that reads what an operation with a schema answers with."""
    return lambda schema, **schemas: described(api(schema, **schemas)).operation("getThing").answers[0].shape


def test_what_all_of_says_holds_together(shape):
    """Members of each part are members."""
    found = shape({"allOf": [ref("One"), obj(b=TEXT)]}, One=obj(a={"type": "integer"}))
    assert {name: one.kind for name, one in found.members.items()} == {"a": "integer", "b": "string"}


def test_a_member_that_not_every_variant_has_is_known_as_such(shape):
    """Variants are one shape; what only some have may be missing."""
    found = shape({"oneOf": [ref("A"), ref("B")]}, A=obj(both=TEXT, a=TEXT), B=obj(both=TEXT))
    assert {name: one.partial for name, one in found.members.items()} == {"both": False, "a": True}


def test_variants_that_name_their_base_end_there(shape):
    """A discriminator's variants refer back to what they are variants of, which is no endless circle."""
    base = {**obj(kind=TEXT), "discriminator": {"propertyName": "kind", "mapping": {"a": "A", "b": "B"}}}
    variants = {name: {"allOf": [ref("Base"), obj(**{name.lower(): TEXT})]} for name in "AB"}
    assert set(shape(ref("Base"), Base=base, **variants).members) == {"kind", "a", "b"}
    assert set(shape(ref("A"), Base=base, **variants).members) == {"kind", "a"}


def test_a_tree_is_cut_where_it_leads_into_itself(shape):
    """An item of its own kind is anything."""
    found = shape(ref("Node"), Node=obj(name=TEXT, next=ref("Node")))
    assert found.members["next"].kind == ""


def test_an_object_whose_variants_are_texts_is_a_text(shape):
    """Atlas says object of its region names, and lists of words as variants."""
    found = shape({"type": "object", "oneOf": [{**TEXT, "enum": ["EU"]}, {**TEXT, "enum": ["US"]}]})
    assert (found.type, found.words) == ("string", ("EU", "US"))


def test_null_is_no_type(shape):
    """Version 3.1 lists null among the types."""
    assert shape({"type": ["integer", "null"]}).type == "integer"


def test_versions_and_sunsets_stand_at_media_types(greenhouses):
    """The dates are those of Accept."""
    answers = greenhouses.operation("getGreenhouse").answers
    assert [(one.version, one.sunset) for one in answers] == [("2023-01-01", "2027-07-01"), ("2026-06-01", "")]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"swagger": "2.0"}, "is no OpenAPI 3 description"),
        ([], "is no OpenAPI 3 description"),
        (api(ref("Nowhere")), "leads nowhere"),
        (api({"$ref": "other.json#/x"}), "leads nowhere"),
        (api(ref("Round"), Round=ref("And"), And=ref("Round")), "leads to itself"),
    ],
)
def test_what_can_not_be_read_is_said(described, said, what):
    """Another format, and references that lead out of the file, nowhere or to themselves."""
    with pytest.raises(SettingsError, match=what):
        described(said)


def test_an_unknown_operation_is_told_with_those_that_are_near(greenhouses):
    """A mistyped id is no riddle."""
    with pytest.raises(SettingsError, match="has no operation 'getGreenhous'; there are getGreenhouse"):
        greenhouses.operation("getGreenhous")


def test_a_file_that_is_no_json_names_itself(tmp_path):
    """So does one in YAML, where nothing is there to read it."""
    from shim.draft.descriptions import read_description

    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with pytest.raises(SettingsError, match=r"broken\.json"):
        read_description(broken)
