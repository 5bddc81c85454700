"""The callers' keys, which are reloaded after changes, and the gateway's own key."""

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
    """Return the path of a file with one key."""
    path = tmp_path / "keys"
    path.write_text("a:b\n")
    return path


def test_each_line_is_one_key(file):
    """Comments, empty lines and spaces around a line are ignored; the secret may contain colons."""
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
def test_an_invalid_line_is_reported(file, bad):
    """The error includes the file and the number of the line, but none of its content."""
    file.write_text(f"abcdefgh:good\n{bad}\n")
    with pytest.raises(SettingsError, match=r"keys_file: line 2 of .*keys") as caught:
        api_keys(str(file), name="keys_file")
    assert "s3cret" not in str(caught.value)


OWN = {"MONGODB_ATLAS_PUBLIC_API_KEY": "c", "MONGODB_ATLAS_PRIVATE_API_KEY": "d"}


@pytest.mark.parametrize(("content", "said"), [
    ("", "keys_file: .*keys: has no key"), ("# none yet\n", "keys_file: .*keys: has no key"),
    ("a:b\na:c\n", "keys_file: lines 1 and 2 of .* have two private keys"), (None, "keys_file: .*keys"),
])  # fmt: skip
def test_a_file_without_a_key_is_an_error(file, content, said):
    """Even with a key in the environment, because the callers in the file would be refused."""
    file.unlink() if content is None else file.write_text(content)
    with pytest.raises(SettingsError, match=said):
        callers_keys(OWN, str(file))


def test_environment_and_file_are_combined(file):
    """Keys from both are accepted."""
    assert set(callers_keys(OWN, str(file))) == {"a", "c"}


def test_keys_can_be_added_and_removed(file, caplog, monkeypatch):
    """A new line adds its key, a removed line disables it, and an invalid file changes nothing."""
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
        # The gateway soon knows this key, but upstream does not.
        until(
            lambda: status("otherkey", "x") == 401 and len(seen.targets) > before,
            "the new key's way in",
        )

        file.write_text("s3cret\n")
        until(
            lambda: (
                "new credentials refused; the last valid ones stay in use"
                in caplog.text
            ),
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
    """Upstream sees the key that the caller has proved."""
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


def test_a_changed_secret_also_signs_upstream(file, monkeypatch):
    """A caller with the new secret is not signed with the old one."""
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
def test_a_world_writable_key_file_is_logged(file, caplog, mode, warned):
    """Anyone who can write the file can add a key. Mounted secrets may be readable by all."""
    file.chmod(mode)
    follow(lambda: callers_keys({}, str(file)), [str(file)], [])
    assert (
        f"{file}: every user of this machine can change it" in caplog.text
    ) is warned


def test_the_last_nonce_is_used_first():
    """After simultaneous calls, sequential calls use one nonce; the others expire unused."""
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
