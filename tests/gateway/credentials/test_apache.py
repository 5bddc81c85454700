"""Apache's mod_auth_digest, which checks uri and response, accepts the gateway's signatures."""

import contextlib
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY
from tests.gateway.credentials.worlds import ALL, RETIRED, V2, signing
from tests.peers.ports import free_port
from tests.peers.raw import until
from tests.peers.served import ask, get, status_of

MODULES = Path("/usr/lib/apache2/modules")
APACHE = shutil.which("apache2", path="/usr/sbin:/usr/bin:/usr/local/sbin")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        APACHE is None or not (MODULES / "mod_auth_digest.so").exists(),
        reason="Apache with mod_auth_digest is not installed (Debian: apt-get install apache2)",
    ),
]

CONFIGURATION = (Path(__file__).parent / "apache.conf").read_text("utf-8")
NAMES = (
    "mpm_event",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_user",
    "auth_digest",
)


@pytest.fixture(scope="module")
def apache(tmp_path_factory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("apache")
    port = free_port()
    modules = "\n".join(
        f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in NAMES
    )
    (root / "conf").write_text(
        CONFIGURATION.format(root=root, port=port, modules=modules)
    )
    user = f"{DEMO_PUBLIC_KEY}:MMS Public API"
    (root / "users").write_text(
        f"{user}:{hashlib.md5(f'{user}:{DEMO_PRIVATE_KEY}'.encode()).hexdigest()}\n"
    )
    flex = (
        root
        / "files"
        / "api"
        / "atlas"
        / "v2"
        / "groups"
        / RETIRED.split("/")[5]
        / "flexClusters"
        / "orders"
    )
    (flex / "backup").mkdir(parents=True)
    (flex / "backup" / "snapshots").write_text(
        '{"links": [], "results": [], "totalCount": 0}'
    )
    (root / "files" / "plain").write_text("plain")
    assert APACHE is not None
    process = subprocess.Popen(
        [APACHE, "-X", "-f", str(root / "conf")], stderr=subprocess.PIPE
    )
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, (
            process.stderr and process.stderr.read(),
            (root / "error.log").read_text(),
        )
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(url).status_code == 401
        return False

    until(answers, "Apache answers")
    try:
        yield url
    finally:
        process.terminate()
        process.wait(10)
        assert process.stderr is not None
        process.stderr.close()


@pytest.mark.parametrize("mode", ["own", "verify"])
def test_rewritten_and_unchanged_calls_are_accepted(apache, mode):
    """One path is rewritten; the other is unchanged and has an unusual query."""
    with signing(mode, apache, allow=ALL) as served:
        key = httpx.DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
        with httpx.Client(
            base_url=served.url, auth=key if mode == "verify" else None
        ) as client:
            for _ in range(3):
                page = client.get(RETIRED, headers={"Accept": V2})
                assert page.status_code == 200
                assert page.json()["results"] == []
                assert client.get("/plain?a=%20b&c=,;d").text == "plain"


def test_a_naive_rewrite_is_refused(apache):
    """A signature for the legacy path is invalid for the new path, so the gateway must sign."""
    with httpx.Client(
        base_url=apache, auth=httpx.DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
    ) as client:
        legacy = client.get(RETIRED)
        signed = legacy.request.headers["Authorization"]
    flex = RETIRED.replace("serverless", "flexClusters")
    assert (
        httpx.get(apache + flex, headers={"Authorization": signed}).status_code == 400
    )


def test_a_wrong_secret_is_refused(apache):
    """The gateway tries twice and gets no content from Apache."""
    environ = {
        "MONGODB_ATLAS_PUBLIC_API_KEY": DEMO_PUBLIC_KEY,
        "MONGODB_ATLAS_PRIVATE_API_KEY": "wrong",
    }
    with signing("own", apache, environ) as served:
        head, _ = ask(
            served, get(RETIRED, f"Accept: {V2}", host=served.url.partition("://")[2])
        )
        assert status_of(head) == 401
