"""Each wrong setting of the gateway is reported with its file or option, the problem and the cure."""

import os
import re
import ssl

import pytest
import trustme

from shim.errors import SettingsError
from shim.gateway.options import TABLE
from shim.gateway.plan import PlanSource

ROOTS = trustme.CA(key_type=trustme.KeyType.ECDSA)
LEAF = ROOTS.issue_cert("gateway.example", key_type=trustme.KeyType.ECDSA)
OTHER = ROOTS.issue_cert("gateway.example", key_type=trustme.KeyType.ECDSA)
CERT = LEAF.cert_chain_pems[0].bytes()
KEY = LEAF.private_key_pem.bytes()
DER = ssl.PEM_cert_to_DER_cert(CERT.decode())


@pytest.fixture
def wrong(run, tmp_path, monkeypatch):
    """Return a function that checks settings in a folder with some files, and returns the text with single spaces."""
    monkeypatch.chdir(tmp_path)

    def wrong(*words, env=None, code=2, **files):
        for name, content in files.items():
            path = tmp_path / name.replace("__", ".")
            path.write_bytes(
                content if isinstance(content, bytes) else content.encode()
            )
            path.chmod(0o600)
        done = run("check", *words, env=env)
        assert done.exit_code == code, done.output
        return " ".join((done.output + done.stderr).split())

    return wrong


TLS = ("--tls-cert", "a.pem", "--tls-key", "b.pem")


@pytest.mark.parametrize(("cert", "key", "said"), [
    (None, KEY, "--tls-cert: a.pem: No such file or directory"),
    (CERT, None, "--tls-key: b.pem: No such file or directory"),
    (KEY, CERT, "--tls-cert: a.pem: contains a key, and b.pem a certificate; swap the two"),
    (DER, KEY, "--tls-cert: a.pem: is DER, not PEM; convert it, as by: openssl x509 -inform der -in a.pem -out NEW"),
    (CERT, b"0\x82\x01\x00abc", "--tls-key: b.pem: is DER, not PEM; convert it, as by: openssl pkey -inform der"),
    (b"junk", KEY, "--tls-cert: a.pem: has no certificate; it begins with -----BEGIN CERTIFICATE-----"),
    (CERT, b"junk", "--tls-key: b.pem: has no private key; it begins with -----BEGIN PRIVATE KEY-----"),
    (CERT, CERT, "--tls-key: b.pem: has no private key"),
    (CERT, OTHER.private_key_pem.bytes(), "--tls-key: b.pem: is not the key of the first certificate in a.pem"),
    (CERT.replace(b"M", b"!", 1), KEY, "--tls-cert: a.pem and b.pem: OpenSSL can't read them"),
])  # fmt: skip
def test_each_wrong_tls_file_has_its_message(wrong, cert, key, said):
    """It says whether it is the certificate or the key, what is wrong, and how to fix it."""
    files = {
        name: content
        for name, content in (("a__pem", cert), ("b__pem", key))
        if content is not None
    }
    assert said in wrong(*TLS, **files)


def test_a_certificate_alone_needs_its_key(wrong):
    """Without a key file, the key must be in the same file."""
    said = wrong("--tls-cert", "a.pem", a__pem=CERT)
    assert "--tls-cert: a.pem: has no private key; name its file with --tls-key" in said


@pytest.mark.parametrize(("text", "said"), [
    ("route = auto\n", 'shim.toml: line 1: route = auto: Invalid value; a text has quotes around it: route = "auto"'),
    ("memory = 1\nroute = \n", "shim.toml: line 2: route =: Invalid value"),
    ("private_key = sec-ret\n", "shim.toml: line 1: private_key = …: Invalid value"),
    ('[gateway]\nroute = "auto"\n',
     "shim.toml: gateway: no such option: options are at the top level, not under [gateway]"),
    ('private_key = "sec-ret"\n',
     "shim.toml: private_key: no such option: credentials come only from variables (MONGODB_ATLAS_PRIVATE_API_KEY)"),
    ('client-secret = "sec-ret"\n', "only from variables (MONGODB_ATLAS_CLIENT_SECRET)"),
])  # fmt: skip
def test_a_wrong_option_file_has_line_and_cure(wrong, text, said):
    """The message has no value that may be a secret."""
    found = wrong("--config", "shim.toml", shim__toml=text)
    assert said in found
    assert "sec-ret" not in found


def test_a_duplicate_key_has_both_lines(wrong):
    """Neither private key is shown."""
    said = wrong(
        "--credentials",
        "verify",
        "--keys-file",
        "keys",
        keys="a:one\n# x\nb:two\na:three\n",
    )
    assert (
        "--keys-file: lines 1 and 4 of 'keys' have two private keys for one public key, a; remove one"
        in said
    )
    assert not re.search("one\\b.*three", said.replace("for one public", ""))


def test_a_conflict_between_file_and_variable_is_reported(wrong):
    """They may contain the same value, but not different ones."""
    env = {
        "MONGODB_ATLAS_PUBLIC_API_KEY": "a",
        "MONGODB_ATLAS_PRIVATE_API_KEY": "other",
    }
    said = wrong(
        "--credentials", "verify", "--keys-file", "keys", env=env, keys="a:one\n"
    )
    assert (
        "'keys' and MONGODB_ATLAS_PRIVATE_API_KEY have two private keys for one public key, a; remove one"
        in said
    )


@pytest.mark.parametrize(("flag", "said"), [
    ("--host", "give host and port together: --listen 127.0.0.1:8480"),
    ("--port", "give host and port together: --listen 127.0.0.1:8480"),
    ("--bind", "give host and port together: --listen 127.0.0.1:8480"),
])  # fmt: skip
@pytest.mark.parametrize("command", ["serve", "check"])
def test_flags_of_other_servers_lead_to_ours(run, command, flag, said):
    """A flag that only looks similar isn't suggested."""
    done = run(command, flag, "0.0.0.0")
    assert done.exit_code == 2
    assert f"No such option: {flag}; {said}" in " ".join(done.stderr.split())


@pytest.mark.parametrize(("words", "said"), [
    (["--writes", "instances,instances-strict"], "--writes: instances-strict already lets instances be written"),
    (["--deadline", "60000"], "--deadline: 60000 is 16 h 40 min; a number alone is seconds, as in 60s"),
])  # fmt: skip
def test_unusual_values_cause_a_warning(wrong, words, said):
    """They are used, and a check fails with 1."""
    assert said in wrong(*words, code=1)


@pytest.mark.skipif(os.name != "posix", reason="files have no such modes elsewhere")
def test_a_readable_key_file_causes_a_warning(wrong, tmp_path):
    """That holds for a file of this user; a mounted Secret belongs to another."""
    (tmp_path / "keys").write_text("a:b\n")
    (tmp_path / "keys").chmod(0o644)
    said = wrong("--credentials", "verify", "--keys-file", "keys", code=1)
    assert (
        "keys: other users of this machine can read it (mode 644); run chmod 600 on it"
        in said
    )


JUNK = ("nonsense!", "-1", "é", "http://")
OPENED = {"tls_cert", "tls_key", "keys_file"}
"""Options whose value may be any file name; wrong contents are tested above."""
HIDDEN = {"nonce_store", "public_url", "upstream"}
"""Options whose value is a URL, which may contain a password and isn't shown."""


@pytest.mark.parametrize(
    "option",
    [one for one in TABLE if one.name not in OPENED],
    ids=lambda option: option.name,
)
@pytest.mark.parametrize("way", ["flag", "variable", "file"])
def test_each_option_is_reported_with_its_wrong_value(tmp_path, option, way):
    """It is a flag, variable or file key, with the allowed values."""
    file = tmp_path / "shim.toml"
    for junk in JUNK:
        file.write_text(f'{option.name} = "{junk}"\n', "utf-8")
        environ, flags, config = {
            "flag": ({}, {option.name: junk}, None),
            "variable": ({option.variable: junk}, {}, None),
            "file": ({}, {}, file),
        }[way]
        name = {
            "flag": option.flag,
            "variable": option.variable,
            "file": f"{file}: {option.name}",
        }[way]
        with pytest.raises(SettingsError) as caught:
            PlanSource(environ, flags, config).read()
        (problem,) = caught.value.problems
        assert problem.startswith(f"{name}: "), problem
        assert option.name in HIDDEN or repr(junk) in problem, problem
        assert len(problem) > len(f"{name}: {junk!r}") + 15, problem
