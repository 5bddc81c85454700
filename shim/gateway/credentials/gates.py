"""Decide who may call: everyone, all but web pages, or the owners of keys.

This file reads keys, accounts and files of them, at the start and whenever they change.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import os
import re
import secrets
import stat
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from shim.codes import cure_of
from shim.core.messages import Call
from shim.core.recognize import Match
from shim.credentials import (
    VARIABLES,
    AccessToken,
    ApiKey,
    api_keys,
    credential_files,
    read_credentials,
)
from shim.errors import SettingsError
from shim.gateway.allow import is_lent
from shim.gateway.credentials.digest import (
    MAX_FIELD_LENGTH,
    REALM,
    challenge,
    parameters,
    response,
    secret_hash,
)
from shim.gateway.credentials.nonces import Nonces, NonceStore, secret_of
from shim.gateway.credentials.signers import (
    PASSTHROUGH,
    AccountSigner,
    KeySigner,
    UpstreamSigner,
)
from shim.gateway.errors import Challenged, Refusal
from shim.gateway.http1.head import RequestHead
from shim.gateway.option_values import CredentialsMode
from shim.gateway.options import Options
from shim.gateway.watch import Watched

log = logging.getLogger("shim.gateway.credentials")

T = TypeVar("T")

WEB_PAGE = (
    "This gateway signs calls with its own credentials, and accepts none from web pages. "
    f"{cure_of('SHIM_ORIGIN_REFUSED')}"
)
UNSIGNED = (
    "atlas-shim accepts calls that are signed with a known API key, or have a service account's access token "
    f"(Authorization: Bearer ...), but not HTTP Basic. {cure_of('SHIM_UNAUTHORIZED')}"
)
STALE = (
    "The nonce of this signature has expired, or was already used with this count. "
    "Sign again with the nonce of this challenge."
)
WRONG_KEY = (
    "atlas-shim, not Atlas, refused this call: the API key is unknown, or the private key is wrong. "
    f"{cure_of('SHIM_KEY_REFUSED')}"
)

_SIGN_IN = re.compile(r"/+api(?:;[^/]*)?/+oauth(?:;[^/]*)?/", re.IGNORECASE)
_NEEDED = {"username", "realm", "nonce", "uri", "cnonce", "nc", "response", "qop"}
_NONCE_COUNT = re.compile(r"[0-9a-fA-F]{8}")


class CallerGate:
    """Decides who may call: here everyone, because the gateway has no credentials."""

    store: NonceStore | None = None
    """The state that replicas share, if they share any."""

    async def admit(
        self,
        head: RequestHead,  # noqa: ARG002 - others look
        call: Call,  # noqa: ARG002
        match: Match | None,  # noqa: ARG002
        *,
        listed: bool,  # noqa: ARG002
    ) -> UpstreamSigner:
        """Return who signs this call; raises Refusal.

        ``listed`` means that ``allow`` limits which calls are accepted.
        """
        return PASSTHROUGH

    async def look(self) -> None:
        """Log a warning if the store does not answer.

        Until it answers, signed calls are refused.
        """
        if self.store is not None:
            with contextlib.suppress(Refusal):
                await self.store.take(secrets.token_hex(16), 1, "")

    async def close(self) -> None:
        """Close the store's connections."""
        if self.store is not None:
            await self.store.close()


class OwnGate(CallerGate):
    """Signs recognized calls, or those on a list, for local callers; refuses web pages.

    A write that is not ``lent`` is sent with the caller's own credentials. If it has
    none, the list of calls refuses it.

    A page that reaches the port by a rebound DNS name is refused earlier, because of
    its Host: see ``Plan.checks_host``.
    """

    def __init__(self, signer: Watched[UpstreamSigner]) -> None:
        self._signer = signer

    async def admit(
        self,
        head: RequestHead,  # noqa: ARG002 - no target
        call: Call,
        match: Match | None,
        *,
        listed: bool,
    ) -> UpstreamSigner:
        """Return the gateway's signer, or PASSTHROUGH for a call that it does not sign.

        Raises Refusal.
        """
        said = [(name.lower(), value.strip().lower()) for name, value in call.headers]
        # Browsers mark the calls of a page (Fetch, 3.2; Fetch Metadata, 2).
        if any(
            name == "origin" or (name == "sec-fetch-site" and value != "none")
            for name, value in said
        ):
            raise Refusal(
                403, "SHIM_ORIGIN_REFUSED", "http_request_denied", WEB_PAGE, close=True
            )
        if listed:
            is_own = match is None and signs_in(call.path)
        else:
            has_own = any(name == "authorization" for name, _ in said)
            is_own = match is None or (has_own and not is_lent(match.operation))
        if is_own:
            return PASSTHROUGH
        return self._signer.value


class VerifyGate(CallerGate):
    """Accepts a Digest signature of a known key, checked strictly.

    Upstream checks bearer tokens. A ``store`` is asked last, and only about signatures
    that are otherwise good.
    """

    def __init__(self, store: NonceStore | None = None) -> None:
        self._nonces = Nonces()
        self.store = store
        self._known: dict[str, KeySigner] = {}
        # the secret of an unknown key, so that its refusal takes as long as a wrong
        # key's
        self._nobody = secrets.token_hex(16)

    async def admit(
        self,
        head: RequestHead,
        call: Call,
        match: Match | None,  # noqa: ARG002 - all alike
        *,
        listed: bool,  # noqa: ARG002 - all alike
    ) -> UpstreamSigner:
        """Return the signer of the key that the caller proved.

        Raises Refusal, in most cases with a challenge.
        """
        lines = [
            value for name, value in call.headers if name.lower() == "authorization"
        ]
        if lines:
            word, _, text = lines[0].strip().partition(" ")
        else:
            word, _, text = ("", "", "")
        if signs_in(call.path) or (word.lower() == "bearer" and len(lines) == 1):
            return PASSTHROUGH
        if len(lines) > 1:
            raise malformed("two Authorization fields")
        if word.lower() != "digest":
            raise self._refusal("SHIM_UNAUTHORIZED", UNSIGNED, "unsigned")
        target = head.target
        given = _parameters_for(text, target)
        name = given["username"]
        nonce = given["nonce"]
        nc = given["nc"]
        count = int(nc, 16)
        signer = self._known.get(name)
        key_hash = secret_hash(
            name, REALM, self._nobody if signer is None else signer.key.private_key
        )
        expected = response(
            key_hash,
            f"{call.method}:{target}",
            nonce=nonce,
            count=nc,
            cnonce=given["cnonce"],
        )
        right = hmac.compare_digest(expected.encode(), given["response"].encode())
        if signer is None or not right or given["realm"] != REALM:
            raise self._refusal("SHIM_KEY_REFUSED", WRONG_KEY)
        is_fresh = self._nonces.use(nonce, count, name)
        if not is_fresh or (
            self.store is not None and not await self.store.take(nonce, count, name)
        ):
            raise self._refusal("SHIM_UNAUTHORIZED", STALE, "stale")
        return signer

    def learn(self, keys: Mapping[str, ApiKey]) -> None:
        """Replace the known keys, by their public part."""
        self._nonces.renew(secret_of(keys.values()))
        new = lambda: challenge(self._nonces.new())  # noqa: E731 - each time another one
        self._known = {
            name: KeySigner(key, new, proven=name) for name, key in keys.items()
        }

    def _refusal(
        self, code: str, detail: str, challenged: Challenged | None = None
    ) -> Refusal:
        if challenged:
            error = None
        else:
            error = "http_request_denied"
        headers = challenge(self._nonces.new(), stale=challenged == "stale")
        return Refusal(401, code, error, detail, headers=headers, challenged=challenged)


def _parameters_for(text: str, target: str) -> dict[str, str]:
    """Return the parameters of Digest credentials for a target.

    Raises Refusal if they are not as RFC 7616 requires.
    """
    given = None
    if len(text) <= MAX_FIELD_LENGTH + len(target):
        given = parameters(text.strip())
    if given is None:
        raise malformed("parameters that can't be read, or one twice")
    if not given.keys() >= _NEEDED or not given["cnonce"]:
        raise malformed("a parameter is missing")
    algorithm = given.get("algorithm", "MD5")
    if given["qop"].lower() != "auth" or algorithm.upper() != "MD5":
        raise malformed("a qop or algorithm that was not offered")
    nc = given["nc"]
    if not _NONCE_COUNT.fullmatch(nc) or int(nc, 16) == 0:
        raise malformed("nc is not a count of eight hex digits")
    if given["uri"] != target:  # RFC 7616, 3.4.6
        raise malformed("uri is not the request target")
    return given


def malformed(said: str) -> Refusal:
    """Refuse an Authorization that is malformed or signs another target."""
    detail = f"The Authorization of this call does not conform to RFC 7616: {said}."
    return Refusal(
        400, "SHIM_AUTHORIZATION_MALFORMED", "http_request_error", detail, said
    )


def signs_in(path: str) -> bool:
    """Return whether a raw path may belong to ``/api/oauth/``.

    Callers get tokens there with their own login.
    """
    return _SIGN_IN.match(unquote(path) if "%" in path else path) is not None


def gate_for(
    options: Options, environ: Mapping[str, str], watched: list[Watched[Any]]
) -> CallerGate:
    """Return the gate of the options' mode.

    The credentials come from an environment and its files. Raises SettingsError.
    """
    match options.credentials:
        case CredentialsMode.VERIFY:
            files = credential_files(environ)
            file = options.keys_file
            gate = VerifyGate(
                NonceStore(options.nonce_store)
                if options.nonce_store is not None
                else None
            )
            read = partial(callers_keys, environ, file)
            gate.learn(
                follow(
                    read, [*files, file] if file else files, watched, gate.learn
                ).value
            )
            return gate
        case CredentialsMode.OWN:
            return OwnGate(
                follow(
                    partial(own_signer, environ, options.upstream),
                    credential_files(environ),
                    watched,
                )
            )
    return CallerGate()


def follow(
    read: Callable[[], T],
    paths: Sequence[str],
    watched: list[Watched[Any]],
    use: Callable[[T], None] = lambda _: None,
) -> Watched[T]:
    """Return credentials that change with their files, as long as those are valid.

    Raises SettingsError if they are invalid.
    """

    def checked() -> T:
        for path in paths:
            with contextlib.suppress(OSError):  # reading it raises the reason
                found = Path(path).stat()
                mode = found.st_mode & 0o777
                if mode & stat.S_IWOTH:
                    log.warning(
                        "%s: every user of this machine can change it (mode %o); run chmod 600 on it",
                        path,
                        mode,
                    )
                elif (
                    mode & stat.S_IROTH and found.st_uid == os.geteuid()
                ):  # a mounted Secret belongs to another user
                    log.warning(
                        "%s: other users of this machine can read it (mode %o); run chmod 600 on it",
                        path,
                        mode,
                    )
        return read()

    files = Watched("credentials", lambda: paths, checked, use)
    watched.append(files)
    return files


def own_signer(environ: Mapping[str, str], origin: str) -> UpstreamSigner:
    """Return the signer of ``own``; raises SettingsError without credentials."""
    found = read_credentials(environ)
    if found is None:
        raise SettingsError(
            f"credentials: 'own' needs an API key ({VARIABLES['public_key']}, {VARIABLES['private_key']}) or a "
            f"service account ({VARIABLES['client_id']}, {VARIABLES['client_secret']}), each also as ..._FILE"
        )
    if isinstance(found, AccessToken):
        raise SettingsError(
            "credentials: 'own' can't renew an access token; give an API key or a service account"
        )
    if isinstance(found, ApiKey):
        return KeySigner(found)
    return AccountSigner(found, origin)


def callers_keys(environ: Mapping[str, str], file: str | None) -> Mapping[str, ApiKey]:
    """Return the keys of ``verify``: the environment's API key, and those of a file.

    Raises SettingsError.
    """
    if file:
        keys = list(api_keys(file, name="keys_file"))
    else:
        keys = []
    if file and not keys:
        raise SettingsError(
            f"keys_file: {file}: has no key; write a line public:private for each caller"
        )
    if isinstance(own := read_credentials(environ), ApiKey):
        keys.append(own)
    if not keys:
        raise SettingsError(
            f"credentials: 'verify' needs the callers' API keys: {VARIABLES['public_key']} and "
            f"{VARIABLES['private_key']} (each also as ..._FILE), or a keys_file with one public:private in each line"
        )
    found: dict[str, ApiKey] = {}
    for key in keys:
        if found.setdefault(key.public_key, key) != key:
            places = f"{file!r} and {VARIABLES['private_key']}"
            raise SettingsError(
                f"keys_file: {places} have two private keys for one public key, {key.public_key}; remove one"
            )
    return found
