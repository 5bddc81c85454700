"""Where calls are taken: with TLS (gateway_tls has more of it), and below a path."""

import httpx

from tests.gateway_credentials.worlds import FLEX, RETIRED, UNTOUCHED, V2, Signature, line, world
from tests.gateway_tls.worlds import certified
from tests.peers.served import status_of, value_of


def test_tls(tmp_path):
    """With a certificate the gateway speaks TLS, and links lead back to it as https."""
    caller = certified(tmp_path)
    with world("own", **caller.options) as seen, httpx.Client(verify=caller.context) as client:
        assert seen.url.startswith("https://127.0.0.1:")
        page = client.get(seen.url + RETIRED, headers={"Accept": V2}).json()
        assert page["links"][0]["href"].startswith(seen.url + RETIRED)


def test_a_base_path_is_a_part_of_what_is_signed():
    """A caller below the path of the public URL signs what it calls, and upstream gets Atlas' path."""
    with world("verify", public_url="http://tools.test/atlas") as seen:
        target = f"/atlas{UNTOUCHED}"
        nonce = (value_of(seen.ask(target, host="tools.test")[0], "WWW-Authenticate") or "").split('"')[5]
        mine = line(Signature(nonce, uri=target).parts)
        assert status_of(seen.ask(target, mine, f"Accept: {FLEX}", host="tools.test")[0]) == 200
        assert set(seen.targets) == {UNTOUCHED}
