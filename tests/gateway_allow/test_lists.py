"""What a list of calls has in it: raw paths, compared as strictly as retired calls are recognised."""

import pytest

from shim.errors import SettingsError
from shim.gateway.allow import BY_DEFAULT, parse_allow
from shim.gateway.options import read_options

GROUP = "/api/atlas/v2/groups/5f0000000000000000000001"


def has(text: str, method: str, path: str, *, recognised: bool = False) -> bool:
    """Tell whether a list, as an operator writes it, has a call."""
    found = parse_allow(text, "--allow")
    assert found is not None
    return found.has(method, path, recognised=recognised)


@pytest.mark.parametrize(
    ("text", "method", "path"),
    [
        ("GET /api/atlas/v2/**", "GET", GROUP),
        ("GET /api/atlas/v2/**", "HEAD", f"{GROUP}/clusters"),
        ("GET /api/atlas/v2/**", "GET", "/api/atlas/v2"),
        ("POST /api/atlas/v2/groups/*/clusters", "POST", f"{GROUP}/clusters"),
        ("POST /api/atlas/v2/groups/{groupId}/clusters", "POST", f"{GROUP}/clusters/"),
        ("* /api/atlas/v2/groups/*/clusters/c%C3%A9", "DELETE", f"{GROUP}/clusters/c%C3%A9"),
        ("PATCH /api/atlas/v2/groups/*/clusters/*", "PATCH", f"{GROUP}/clusters/caf%C3%A9;v=1"),
        ("recognised , GET /x", "GET", "/x"),
        ("all", "BREW", "/anything"),
        ("reads", "OPTIONS", "/%2e%2e"),
    ],
)
def test_on_the_list(text, method, path):
    """A star or a name in braces is one whole segment, two stars are all that follows, GET has HEAD in it."""
    assert has(text, method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{GROUP}/clusters"),
        ("get", f"{GROUP}/clusters/c"),
        ("GET", f"{GROUP}/clusters/c/d"),
        ("GET", f"{GROUP}//clusters/c"),
        ("GET", f"{GROUP}/clusters/"),
        ("GET", f"{GROUP}/clusters//c"),
        ("GET", f"{GROUP}/clusters/c//"),
        ("GET", f"{GROUP}/%63lusters/c"),
        ("GET", f"{GROUP}/Clusters/c"),
        ("GET", f"{GROUP}/clusters/c%2fd"),
        ("GET", f"{GROUP}/clusters/c%2F..%2Fd"),
        ("GET", f"{GROUP}/clusters/%2e%2e"),
        ("GET", f"{GROUP}/clusters/.."),
        ("GET", f"{GROUP}/clusters/..;x"),
        ("GET", f"{GROUP}/clusters/%252e%252e"),
        ("GET", f"{GROUP}/clusters/c%5cd"),
        ("GET", f"{GROUP}/clusters/c\\d"),
        ("GET", f"{GROUP}/clusters/c%00"),
        ("GET", f"{GROUP}/clusters/%c0%ae"),
        ("GET", f"{GROUP}/clusters/%zz"),
        ("GET", f"{GROUP};v=1/clusters/c;/d"),
        ("GET", f"/x/..{GROUP}/clusters/c"),
        ("GET", f"x{GROUP}/clusters/c"),
        ("GET", ""),
    ],
)
def test_not_on_the_list(method, path):
    """Another method, another spelling, or a path that some server might read as another one is none of it."""
    assert not has("GET /api/atlas/v2/groups/*/clusters/*", method, path)


@pytest.mark.parametrize("rest", ["..", "%2e%2e/x", "a/%2f..%2f..%2fb", "a//b", "a/%5c..", "a;/../b", "%c0%af"])
def test_depth_does_not_lead_elsewhere(rest):
    """Two stars take what follows by plain segments alone: nothing in it may lead out again."""
    assert not has("DELETE /api/atlas/v2/groups/*/alerts/**", "DELETE", f"{GROUP}/alerts/{rest}")
    assert has("DELETE /api/atlas/v2/groups/*/alerts/**", "DELETE", f"{GROUP}/alerts/a/b")


def test_words():
    """The default has what is recognised and what only reads."""
    assert BY_DEFAULT.has("POST", "/x", recognised=True)
    assert BY_DEFAULT.has("GET", "/x", recognised=False)
    assert not BY_DEFAULT.has("POST", "/x", recognised=False)
    assert not BY_DEFAULT.has("get", "/x", recognised=False)
    assert not has("recognised", "GET", "/x")
    assert not has("reads", "POST", "/x", recognised=True)


@pytest.mark.parametrize(
    "text",
    ["GET", "/x", "GET x", "get /x", "BREW /x", "GET /a*", "GET /**/x", "GET /a//b", "GET /../x", "everything",
     "GET /a/%2f", "GET /a?b=c", "GET /x POST /y", "GET /x/"],
)  # fmt: skip
def test_what_is_no_list(text):
    """An entry that means nothing, or two things, is an error that names the option and the entry."""
    with pytest.raises(SettingsError, match="ATLAS_SHIM_ALLOW"):
        read_options({"ATLAS_SHIM_ALLOW": f"reads, {text}"})


def test_flag_variable_and_file_say_the_same():
    """A file may have a list in place of commas."""
    written = read_options({"ATLAS_SHIM_ALLOW": "reads,POST /x"}).allow
    listed = read_options({}, file={"allow": ["reads", "POST /x"]}).allow
    assert written == listed
    assert read_options({}, {"allow": ""}, {"allow": ["reads"]}).allow is None


def test_a_list_is_shown_as_it_was_written():
    """A reload tells it from another by that."""
    assert str(parse_allow("reads, POST /x/*", "--allow")) == "reads, POST /x/*"
