"""The page of settings is complete both ways: what the code reads is in it, and what is in it the code reads."""

import contextlib
import re
import ssl
from collections.abc import Mapping

import pytest

from shim.base_url import BASE_URL_VARIABLES, read_base_url
from shim.cli.atlas_cli.errors import CliError
from shim.cli.atlas_cli.profile import load
from shim.cli.settings_report import mistyped
from shim.credentials import read_credentials
from shim.dropin import notice, recognition, runtime
from shim.dropin.environment import VARIABLES, WARNINGS, settings_in
from shim.gateway.options import TABLE, read_options
from shim.gateway.settings_report import KNOWN
from shim.gateway.upstream.proxy import proxy_for
from shim.inventory import VARIABLE
from tests.reference.conftest import first_column
from tests.reference.reads import SHIM, Reads, reads

FULL = re.compile(r"\b_?(?:ATLAS_SHIM|MONGODB_ATLAS|MCLI)(?:_[A-Z0-9]+)+\b(?!_)")


class Asked(Mapping[str, str]):
    """An environment that notes which names it is asked for; it has what it is made with, and nothing else."""

    def __init__(self, **values):
        self.names = set()
        self._values = values

    def __getitem__(self, name):
        self.names.add(name)
        return self._values[name]

    def __iter__(self):
        return iter(self._values)

    def __len__(self):
        return len(self._values)


def asked(read, **values):
    """The names that a function asks its environment for; it may find that something is missing."""
    environ = Asked(**values)
    with contextlib.suppress(CliError):
        read(environ)
    return environ.names


def profile(environ):
    """Look up everything that a profile has."""
    one = load("", environ)
    assert not one.project_id + one.output
    one.check_service()
    assert one.base_url
    one.credentials()


CREDENTIALS = asked(read_credentials)
PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}

LOOKERS = (runtime._variables, recognition._inventory, notice._variable)
LOOKED_AT = {name for one in LOOKERS for name in one._names}
"""What programs with the drop-in look at again and again."""

MADE_UP = {
    "base_url:read_base_url": asked(read_base_url),
    "cli.admin_listener:admin_address": {"ATLAS_SHIM_ADMIN"},
    "cli.atlas_cli.profile:_variable": asked(profile) - CREDENTIALS - {"HOME", "XDG_CONFIG_HOME", "APPDATA"},
    "cli.demo:_no_proxy": {"NO_PROXY"},
    "cli.front:command": asked(read_options),
    "cli.next_steps:_look_at": PROXIES,
    "cli.next_steps:after_fault": set(BASE_URL_VARIABLES),
    "credentials:_given": CREDENTIALS,
    "credentials:_values": CREDENTIALS,
    "credentials:credential_files": CREDENTIALS,
    "dropin.environment:raw": LOOKED_AT,
    "dropin.environment:settings_in": asked(settings_in),
    "dropin.unknown:tell_unknown": set(),  # looks at names alone
    "gateway.option_sources:given": asked(read_options),
    "gateway.settings_report:unknown_variables": set(),  # as above
    "gateway.upstream.proxy:proxy_for": PROXIES,
}
"""Each place where the name of a variable is made up, and the names that it asks for."""

DISGUISED = {
    "cli.atlas_cli.handover:hand_over: a copy with more in it",  # for the program that is started
    "cli.run:environment_for: a copy with more in it",  # the same
    "cli.check:_report: given to mistyped",  # unknown_variables by another name
    "cli.doctor:_settings: given to mistyped",
    "cli.doctor:_settings: given to read",  # read_settings and others in turn
    "dropin.environment:raw: given to getattr",  # the dictionary below it
    "scan.methods:<module>: named in a text",  # words of the programs that are scanned
    "scan.python.library:function: named in a text",
    "scan.python.library:method: named in a text",
    "scan.trees.callers:<module>: named in a text",
}


@pytest.fixture(scope="module")
def found():
    """What the code reads."""
    return reads()


@pytest.fixture(scope="module")
def described(page):
    """The variables that the page describes, each in the first column of a table."""
    return {name for cell in first_column(page("settings.md")) for name in re.findall(r"`(_?[A-Z][A-Z0-9_]+)`", cell)}


def test_every_place_that_makes_up_a_name_is_accounted_for(found):
    """A new one needs a line above that says what it reads, one that is gone needs none."""
    assert found.made_up == set(MADE_UP)


def test_no_environment_has_another_name(found):
    """It is ``environ`` wherever it goes, so that no read of it is overlooked."""
    assert found.disguised == DISGUISED


def test_the_page_has_what_is_read_and_nothing_else(found, described):
    """Both ways, for every variable: the shim's, Atlas' tools', and those of others."""
    read = set(found.names).union(*MADE_UP.values())
    openssl = ssl.get_default_verify_paths()
    read |= {openssl.openssl_cafile_env, openssl.openssl_capath_env}
    assert sorted(described) == sorted(read)


def test_every_name_that_the_sources_mention_is_on_the_page(described):
    """In a message, in code that is printed, or in a docstring: a user who looks it up finds it."""
    sources = [path for path in SHIM.rglob("*.py*") if path.suffix != ".pyc"]  # where bytes may look like letters
    mentioned = {name for path in sources for name in FULL.findall(path.read_text("utf-8"))}
    assert mentioned <= described


def test_every_name_that_other_pages_and_files_mention_is_on_the_page(described):
    """A guide or a manifest that misspells one of ours would be believed; the changelog may name what is gone."""
    root = SHIM.parent
    files = [path for path in root.glob("*.md") if path.name != "CHANGELOG.md"]
    for folder in ("docs", "deploy", "examples", "mappings", "benchmarks"):
        files += [path for path in (root / folder).rglob("*") if path.is_file()]
    mentioned = {name for path in files for name in FULL.findall(path.read_text("utf-8", "ignore"))}
    ours = {name for name in mentioned if "ATLAS_SHIM_" in name} - {"ATLAS_SHIM_TEST_ROOT"}  # what tests unpack
    assert ours <= described


def test_the_options_are_described_by_flag_variable_and_key(page):
    """Each once, with its default and whether a change counts at once."""
    lines = page("settings.md").splitlines()
    for row in TABLE:
        cells = f"| `{row.flag} {row.metavar}`<br>`{row.variable}`<br>`{row.name}` | "
        (line,) = [line for line in lines if line.startswith(cells)]
        shown, change, _ = line.removeprefix(cells).split(" | ", 2)
        assert (shown, change) == (f"`{row.default}`" if row.default else "none", "live" if row.live else "restart")


def test_none_of_these_is_told_as_unknown(described):
    """What the page describes is a setting, and what it does not describe is told."""
    ours = {name for name in described if name.startswith("ATLAS_SHIM_")}
    assert ours == KNOWN
    assert mistyped(dict.fromkeys(described, "x")) == []
    assert len(mistyped({"ATLAS_SHIM_NONSENSE": "x"})) == 1


def test_the_proxies_are_those_that_the_page_names(monkeypatch):
    """Python's own reading of the environment knows these names, in either case."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, scheme in (("HTTP_PROXY", "http"), ("HTTPS_PROXY", "https"), ("ALL_PROXY", "https")):
        monkeypatch.setenv(name, "http://10.0.0.1:3128")
        found = proxy_for(f"{scheme}://cloud.mongodb.com")
        assert found is not None, name
        monkeypatch.setenv("NO_PROXY", "cloud.mongodb.com")
        assert proxy_for(f"{scheme}://cloud.mongodb.com") is None
        monkeypatch.delenv("NO_PROXY")
        monkeypatch.delenv(name)


def test_a_drop_in_looks_at_its_variables_alone():
    """Those that the page has for every way in, looked at in four places."""
    assert {*VARIABLES, WARNINGS, VARIABLE} == LOOKED_AT
    made = sum(len(re.findall(r"\bVariables\(", path.read_text("utf-8"))) for path in SHIM.rglob("*.py"))
    assert made == len(LOOKERS)


def read_in(folder, code):
    """What a piece of code reads; it passes for the module ``tests.reference.reads``, which has no constant in it."""
    (folder / "reads.py").write_text(code, "utf-8")
    return reads(folder, "tests.reference")


TRICKS = {
    "a name in two pieces": ('os.environ["ATLAS_SHIM_" + "ROUTE"]', "made_up"),
    "a name with a hole": ('os.environ.get(f"{name}_FILE")', "made_up"),
    "a variable": ("os.getenv(name)", "made_up"),
    "a search": ('[one for one in os.environ if one.startswith("ATLAS")]', "disguised"),
    "pairs": ("dict(os.environ.items())", "made_up"),
    "a method in a variable": ("ask = os.environ.get; ask(name)", "made_up"),
    "another name": ('e = os.environ; e["ATLAS_SHIM_ROUTE"]', "disguised"),
    "a copy": ('dict(os.environ)["ATLAS_SHIM_" + name]', "made_up"),
    "a copy with another name": ("e = {**os.environ}", "disguised"),
    "a parameter of another name": ("def f(env): return env[name]\nf(os.environ)", "disguised"),
    "an import": ("from os import environ as e", "disguised"),
    "another import": ("from os import getenv as g", "disguised"),
    "by its text": ('getattr(os, "environ")', "disguised"),
    "a pattern": ('match os.environ:\n    case {"HOME": home}: pass', "disguised"),
    "the shell's way": ('os.path.expandvars("$ATLAS_SHIM_ROUTE")', "made_up"),
    "click's way": ('click.option("--x", envvar=["ATLAS_SHIM_X", "Y"])', "made_up"),
    "in a list": ('list(map(os.environ.get, ["ATLAS_SHIM_X"]))', "made_up"),
    "a function in a variable": ('ask = os.getenv; ask("ATLAS_SHIM_X")', "disguised"),
    "a function in a list": ('list(map(os.getenv, ["ATLAS_SHIM_X"]))', "disguised"),
    "one of two": ('e = os.environ if name else {}; e["ATLAS_SHIM_X"]', "disguised"),
    "one of two at once": ('(os.environ if name else {})["ATLAS_SHIM_" + name]', "made_up"),
    "click's way for all": ('command(context_settings={"auto_envvar_prefix": "ATLAS_SHIM"})', "disguised"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_read_can_t_be_hidden(trick, tmp_path):
    """Whatever is not a plain name is a place to account for, or an environment in disguise."""
    code, kind = TRICKS[trick]
    assert getattr(read_in(tmp_path, code), kind)


PLAIN = ('os.environ["HOME"]', 'os.environ.get("HOME", "")', '"HOME" in os.environ', 'os.getenv("HOME")')


@pytest.mark.parametrize("code", [*PLAIN, 'click.option("--x", envvar="HOME")', "os.environ.pop(f\"HO{'ME'}\")"])
def test_a_plain_read_is_found(code, tmp_path):
    """By the name that stands there."""
    assert set(read_in(tmp_path, code).names) == {"HOME"}


def test_what_is_printed_or_written_is_no_read(tmp_path):
    """A variable that is set, and code for somebody else to run, read nothing."""
    code = 'os.environ["A_B"] = "x"; del os.environ["A_B"]; os.environ.update(A_B="x"); print("os.environ[\'A_B\']")'
    assert read_in(tmp_path, code) == Reads()
