"""Keys: the callers', read again when they change, and the gateway's own for signing."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from shim.credentials import ApiKey, api_keys
from shim.errors import SettingsError
from shim.gateway.credentials.gates import callers_keys, follow
from tests.fake.asking import knowing_atlas
from tests.gateway.credentials.worlds import (
    FLEX,
    RETIRED,
    UNTOUCHED,
    Signature,
    line,
    nonce_of,
    signing,
    world,
)
from tests.peers.raw import PATIENCE, converse, raw_upstream, reply, until
from tests.peers.served import ask, get, status_of


@pytest.fixture
def file(tmp_path):
    """Return where a file of keys is, which has one."""
    path = tmp_path / "keys"
    path.write_text("a:b\n")
    return path


def test_one_key_a_line(file):
    """Comments and empty lines are skipped, spaces around a line dropped, colons of the secret kept."""
    file.write_text("# callers\n\n  abcdefgh:one-two \r\nijklmnop:a:b\n")
    assert api_keys(str(file), name="keys_file") == (
        ApiKey("abcdefgh", "one-two"),
        ApiKey("ijklmnop", "a:b"),
    )


@pytest.mark.parametrize(
    "bad",
    ["s3cret", "s3cret:", ":s3cret", "s3 cret:x", "s3cret:é", "s3cret:a\tb"],
    ids=range(6),
)
def test_bad_line(file, bad):
    """The error says which line of which file, and nothing of what it holds."""
    file.write_text(f"abcdefgh:good\n{bad}\n")
    with pytest.raises(SettingsError, match=r"keys_file: line 2 of .*keys") as caught:
        api_keys(str(file), name="keys_file")
    assert "s3cret" not in str(caught.value)


OWN = {"MONGODB_ATLAS_PUBLIC_API_KEY": "c", "MONGODB_ATLAS_PRIVATE_API_KEY": "d"}


@pytest.mark.parametrize(("content", "said"), [
    ("", "keys_file: .*keys: has no key"), ("# none yet\n", "keys_file: .*keys: has no key"),
    ("a:b\na:c\n", "keys_file: lines 1 and 2 of .* have two private keys"), (None, "keys_file: .*keys"),
])  # fmt: skip
def test_file_without_use(file, content, said):
    """Though the environment has a key: the callers that the file was made for would be refused."""
    file.unlink() if content is None else file.write_text(content)
    with pytest.raises(SettingsError, match=said):
        callers_keys(OWN, str(file))


def test_environment_and_file_together(file):
    """Both count."""
    assert set(callers_keys(OWN, str(file))) == {"a", "c"}


def test_keys_come_and_go(file, caplog, monkeypatch):
    """A line that is added lets its key in, one that is removed keeps it out, a broken file changes nothing."""
    monkeypatch.setattr("shim.gateway.watch.EVERY", 0.01)
    file.write_text("demokeys:00000000-demo-demo-demo-000000000000\n")

    with world("verify", {}, keys_file=str(file)) as seen:

        def status(name, secret):
            signature = Signature(nonce_of(seen), name=name, secret=secret)
            return status_of(
                seen.ask(UNTOUCHED, line(signature.parts), f"Accept: {FLEX}")[0]
            )

        demo = ("demokeys", "00000000-demo-demo-demo-000000000000")
        assert status(*demo) == 200
        before = len(seen.targets)
        assert status("otherkey", "x") == 401
        assert len(seen.targets) == before

        file.write_text("demokeys:00000000-demo-demo-demo-000000000000\notherkey:x\n")
        # Known here soon, and not upstream.
        until(
            lambda: status("otherkey", "x") == 401 and len(seen.targets) > before,
            "the new key's way in",
        )

        file.write_text("s3cret\n")
        until(
            lambda: "new credentials refused, the last good stay" in caplog.text,
            "the refusal",
        )
        assert status(*demo) == 200
        assert "s3cret" not in caplog.text

        file.write_text("otherkey:x\n")
        until(lambda: status(*demo) == 401, "the end of the old key")
        before = len(seen.targets)
        assert status(*demo) == 401
        assert len(seen.targets) == before


def test_each_caller_is_signed_with_its_own_key(file):
    """Upstream sees the key that the caller proved."""
    file.write_text("aaaaaaaa:one\nbbbbbbbb:two\n")
    fake = knowing_atlas(aaaaaaaa="one", bbbbbbbb="two")
    with world("verify", {}, fake, keys_file=str(file)) as seen:
        for name, secret in (
            ("aaaaaaaa", "one"),
            ("bbbbbbbb", "two"),
            ("aaaaaaaa", "one"),
        ):
            signature = Signature(nonce_of(seen), name=name, secret=secret)
            head, _ = seen.ask(UNTOUCHED, line(signature.parts), f"Accept: {FLEX}")
            assert status_of(head) == 200
            assert f'username="{name}"' in (
                fake.arrivals[-1].header("Authorization") or ""
            )


def test_a_secret_that_changes_signs_upstream_too(file, monkeypatch):
    """Whoever proves the new secret of a key that was known before is not signed with the old one."""
    monkeypatch.setattr("shim.gateway.watch.EVERY", 0.01)
    file.write_text("aaaaaaaa:old\n")
    with world(
        "verify", {}, knowing_atlas(aaaaaaaa="new"), keys_file=str(file)
    ) as seen:
        for secret, status in (("old", 401), ("new", 200)):
            file.write_text(f"aaaaaaaa:{secret}\n")

            def answered(secret=secret):
                signature = Signature(nonce_of(seen), name="aaaaaaaa", secret=secret)
                return status_of(
                    seen.ask(UNTOUCHED, line(signature.parts), f"Accept: {FLEX}")[0]
                )

            until(lambda: answered() == status, "the answer to this secret")  # noqa: B023 - asked in this round alone


@pytest.mark.parametrize(
    ("mode", "warned"), [(0o666, True), (0o602, True), (0o644, False), (0o600, False)]
)
def test_key_file_that_anybody_may_change(file, caplog, mode, warned):
    """Whoever may write to the file may let themselves in: the log says so; mounted secrets can be read by all."""
    file.chmod(mode)
    follow(lambda: callers_keys({}, str(file)), [str(file)], [])
    assert (f"{file}: anybody on this machine may change it" in caplog.text) is warned


def test_the_nonce_that_was_used_last_is_lent_first():
    """After calls at once, calls one after the other keep to one nonce, and the others grow old unused."""
    numbers = itertools.count()
    both = threading.Barrier(2)
    signed = list[bytes]()

    def answer(head: bytes, _: bytes) -> bytes:
        if b"Authorization: " in head:
            signed.append(head.partition(b'nonce="')[2].partition(b'"')[0])
            return reply(b'{"results":[]}')
        both.wait(PATIENCE)
        challenge = (
            f'WWW-Authenticate: Digest realm="r", nonce="n{next(numbers)}", qop="auth"'
        )
        return reply(b"{}", challenge, status="401 Unauthorized")

    with (
        raw_upstream(lambda peer: converse(peer, answer)) as upstream,
        signing("own", upstream.origin) as served,
    ):
        request = get(RETIRED, host=served.url.partition("://")[2])
        with ThreadPoolExecutor(2) as pool:
            assert [
                status_of(head)
                for head, _ in pool.map(partial(ask, served), [request] * 2)
            ] == [200, 200]
        for _ in range(3):
            assert status_of(ask(served, request)[0]) == 200
    assert set(signed[:2]) == {b"n0", b"n1"}
    assert len(set(signed[2:])) == 1
