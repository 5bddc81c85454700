"""Whatever arrives, the fake answers; gzip is for those who accept it; it shares no code with what it tests."""

import ast
import json
import subprocess
import sys
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shim.fake
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from tests.fake.asking import FLEX_VERSION, ROOT, Asker

FLEX = f"{ROOT}/flexClusters/{DEMO_CLUSTER}/backup/snapshots"
FAKE = FakeAtlas(today=FakeAtlas().today)
# A loaded machine is slow, and that is no defect.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
WIRE = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"))
PREFIXES = ["", "/", "/api/oauth/token", ROOT, f"{ROOT}/serverless/", FLEX, f"{FLEX}/", f"{FLEX}?pageNum="]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
ORDERS = st.dictionaries(
    st.sampled_from(["snapshotId", "targetDeploymentItemName", "targetProjectId"]),
    st.none() | st.integers() | st.text() | st.sampled_from([DEMO_GROUP, DEMO_CLUSTER]),
)


@PATIENT
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "get"]),
    prefix=st.sampled_from(PREFIXES),
    rest=WIRE,
    credentials=st.one_of(WIRE, WIRE.map("Digest ".__add__), st.just(f"Bearer {DEMO_TOKEN}")),
    accept=WIRE | st.just(FLEX_VERSION),
    body=st.binary(),
)
def test_any_request_gets_an_answer(method, prefix, rest, credentials, accept, body):
    """The reply has a status, and content that is JSON or empty."""
    fields = [("Authorization", credentials), ("Accept", accept), ("Content-Type", "application/json")]
    reply = FAKE.handle(method, prefix + rest, fields, body)
    assert reply.status in {200, 400, 401, 404, 405, 406, 410, 415}
    assert not reply.body or json.loads(reply.body)


@PATIENT
@given(body=JSON | ORDERS)
def test_any_order_gets_an_answer(body):
    """None of these names a snapshot that exists, so each is refused in Atlas' shape."""
    reply = Asker(FAKE)(FLEX.replace("snapshots", "restoreJobs"), "POST", json.dumps(body).encode())
    assert reply.status == reply.json["error"] in {400, 404}


ROOM = Path(shim.fake.__file__).parent


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
            if node.module == "shim":
                found |= {f"shim.{alias.name}" for alias in node.names}
    return found


def test_the_room_stands_alone():
    """Every import of shim in it is one of the room, and nothing else but the standard library is."""
    for path in ROOM.glob("*.py"):
        names = _imports(path)
        ours = {name for name in names if name.startswith((".", "shim"))}
        assert {name for name in ours if not name.startswith("shim.fake")} == set(), path.name
        foreign = {name.partition(".")[0] for name in names - ours} - sys.stdlib_module_names
        assert not foreign, path.name


def test_importing_the_fake_loads_nothing_else_of_shim():
    """In a fresh process, shim itself with its version and hints, and shim.fake are all that is loaded."""
    script = "import sys, shim.fake; print(*(name for name in sys.modules if '.' not in name or name[:5] == 'shim.'))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith("shim.") and not name.startswith("shim.fake")] == [
        "shim._version",
        "shim.extras",
    ]
    assert not {"aiohttp", "httpx", "requests", "attrs"} & set(loaded)
