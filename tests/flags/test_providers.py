"""The calls to OpenFeature's SDK, with its own in-memory provider, and the provider that reads a file."""

import os

import pytest
from openfeature import api
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagResolutionDetails
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider

from shim.documents.load import SETTINGS_BYTES, read_toml
from shim.errors import SettingsError
from shim.flags import providers
from shim.flags.providers import PROVIDER, connected, provider_factory

KEY = "atlas-route"


def by_project(flag, context):
    return FlagResolutionDetails("flex" if context.targeting_key == "a" else "legacy")


def named(text):
    """Return the provider with this name in the environment."""
    return provider_factory({PROVIDER: text})


def made():
    return InMemoryProvider(
        {KEY: InMemoryFlag("x", {"x": "auto"}, context_evaluator=by_project)}
    )


def test_the_project_is_the_targeting_key():
    """A flag's rule sees the caller's project as its key, or no key; the default is the program's own provider."""
    evaluate = connected(KEY, None)
    with pytest.raises(LookupError, match="no OpenFeature provider is set"):
        evaluate("a")
    api.set_provider(made())
    assert [evaluate(project) for project in ("a", "b", "")] == [
        "flex",
        "legacy",
        "legacy",
    ]


def test_our_provider_does_not_replace_the_program_s():
    """The program's own flags come from its own provider."""
    api.set_provider(InMemoryProvider({}))
    evaluate = connected(KEY, made)
    assert evaluate("a") == "flex"
    assert api.get_client().get_string_value(KEY, "not there") == "not there"


def test_a_flag_that_needs_a_project_has_no_value_without_one():
    """That is not a failure; an unknown flag is one, despite the SDK's default."""

    def needs_one(flag, context):
        return FlagResolutionDetails("auto", error_code=ErrorCode.TARGETING_KEY_MISSING)

    flags = {KEY: InMemoryFlag("x", {"x": "auto"}, context_evaluator=needs_one)}
    evaluate = connected(KEY, lambda: InMemoryProvider(flags))
    assert evaluate("") is None
    with pytest.raises(LookupError, match="TARGETING_KEY_MISSING"):
        evaluate("a")
    with pytest.raises(LookupError, match="FLAG_NOT_FOUND"):
        connected("another", made)("a")


def test_a_factory_has_the_form_of_an_entry_point():
    """It is a class, a function, or the provider itself."""
    found = named(f"{__name__}:made")
    value = named("shim.flags.values:EVERY")
    assert callable(found)
    assert callable(value)
    assert isinstance(found(), InMemoryProvider)
    assert value() == 5.0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("flags", "is not of the form"),
        (":x", "is not of the form"),
        ("nosuch.module:x", "can't be imported: ModuleNotFoundError"),
        ("shim.flags.values:nosuch", "can't be imported: AttributeError"),
    ],
)
def test_a_missing_factory_is_an_error(text, why):
    """It comes at the start, with the name of the variable."""
    with pytest.raises(SettingsError, match=f"^{PROVIDER}: .*{why}"):
        named(text)


def test_a_file_has_values_by_project_and_by_share(tmp_path):
    """Listed projects come first, then a fixed share of the others, then the general value. Changes apply."""
    path = tmp_path / "flags.toml"
    path.write_text(
        f'[{KEY}]\nvalue = "legacy"\nshare = {{ flex = 25, date = 25 }}\nprojects = {{ a = "off" }}\n'
    )
    evaluate = connected(KEY, named(f"file:{path}"))
    said = [str(evaluate(f"{number:024x}")) for number in range(400)]
    assert evaluate("a") == "off"
    assert evaluate("") == "legacy"
    assert all(60 < said.count(word) < 140 for word in ("flex", "date"))
    assert said.count("legacy") > 140
    path.write_text(f'[{KEY}]\nvalue = "legacy"\nshare = {{ flex = 50 }}\n')
    grown = [str(evaluate(f"{number:024x}")) for number in range(400)]
    assert all(
        now == "flex"
        for before, now in zip(said, grown, strict=True)
        if before == "flex"
    )
    path.write_text(f'{KEY} = "date"\n')
    assert evaluate("a") == "date"


def test_a_file_is_read_once_for_each_change(tmp_path, monkeypatch):
    """The number of projects doesn't matter."""
    path = tmp_path / "flags.toml"
    read = list[int]()

    def counted(path, most):
        read.append(most)
        return read_toml(path, most)

    monkeypatch.setattr(providers, "read_toml", counted)
    for word in ("legacy", "auto"):
        path.write_text(f'{KEY} = "{word}"\n')
        evaluate = connected(KEY, named(f"file:{path}"))
        assert {evaluate(f"{number}") for number in range(100)} == {word}
    assert len(read) == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "No such file"),
        (os.mkfifo, "is not a regular file"),
        pytest.param("#" * (SETTINGS_BYTES + 1), "has more than", id="huge"),
        ('x = "flex"', f"{KEY}: there is no such flag"),
        ("=", "Invalid"),
        ("x = 1", "x: a flag needs a value"),
        ('[x]\nvalu = "flex"', "x: a flag needs a value"),
        ('[x]\nvalue = "flex"\nshare = 1', "x: share and projects are tables"),
        (
            '[x]\nvalue = "flex"\nshare = { off = 101 }',
            "x: shares are percentages",
        ),
        (
            '[x]\nvalue = "flex"\nshare = { off = "1" }',
            "x: shares are percentages",
        ),
    ],
)
def test_an_invalid_file_is_a_failure(tmp_path, text, why):
    """So the last valid values stay, and the log has the defect; reading always ends."""
    path = tmp_path / "flags.toml"
    if callable(text):
        text(path)
    elif text is not None:
        path.write_text(text)
    with pytest.raises(LookupError, match=f"{path}: {why}"):
        connected(KEY, named(f"file:{path}"))("a")
