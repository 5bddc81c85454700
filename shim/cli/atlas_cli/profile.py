"""The Atlas CLI's configuration: ``config.toml``, its profiles, and variables.

A property is looked up in ``MONGODB_ATLAS_<PROPERTY>``, then ``MCLI_<PROPERTY>``, then
the file's top level, then the profile. The file is never written. Secrets that newer
CLIs store in the system's keyring are not read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import click

from shim.cli.atlas_cli.flags import CliError
from shim.credentials import (
    AccessToken,
    ApiKey,
    Credentials,
    ServiceAccount,
    read_credentials,
)
from shim.origins import DEFAULT_BASE_URL, parse_base_url

PREFIXES = ("MONGODB_ATLAS_", "MCLI_")

MISSING = """this action requires authentication

To log in using your Atlas username and password, run: atlas auth login
To set credentials using API keys, run: atlas config init"""

KEYRING = """

atlas-shim: the profile {!r} has no secret in {}. The Atlas CLI may have it in the system's keyring, which atlas-shim \
does not read: set MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY, or MONGODB_ATLAS_CLIENT_ID and \
MONGODB_ATLAS_CLIENT_SECRET"""


@attrs.frozen
class Profile:
    """One profile of the CLI."""

    name: str
    path: Path
    """The whole file."""
    stored: Mapping[str, Any]
    """Its properties in the file, by name."""
    environ: Mapping[str, str] = attrs.field(repr=False)
    """The variables, which override the file."""

    def get(self, name: str) -> str:
        """Return a property, or an empty text if it is unset."""
        return _variable(self.environ, name) or str(self.stored.get(name, "") or "")

    @property
    def base_url(self) -> str:
        """The origin of Atlas; raises SettingsError on an invalid URL."""
        for name in ("ops_manager_url", "base_url"):
            if url := self.get(name):
                return parse_base_url(
                    url, name=f"{name} of the Atlas CLI's profile {self.name!r}"
                )
        return DEFAULT_BASE_URL

    def credentials(self) -> Credentials:
        """Return the authentication, chosen as by the CLI.

        Raises CliError without credentials.
        """
        client_id = self.get("client_id")
        secret = self.get("client_secret")
        public = self.get("public_api_key")
        private = self.get("private_api_key")
        if client_id and secret:
            account = ServiceAccount(client_id, secret)
        else:
            account = None
        if public and private:
            key = ApiKey(public, private)
        else:
            key = None
        # A variable overrides the profile even if it is for another kind of
        # credentials.
        found: Credentials | None = (
            key or account
            if self.get("auth_type") == "service_account"
            else account or key
        )
        if found is None and (token := self.get("access_token")):
            found = AccessToken(token)
        found = found or read_credentials(self.environ)
        if found is None:
            raise CliError(
                MISSING + (KEYRING.format(self.name, self.path) if self.stored else "")
            )
        return found


def load(name: str, environ: Mapping[str, str]) -> Profile:
    """Return the profile chosen by name or variable, or the only one.

    Raises CliError on a broken file.
    """
    path, content = _file()
    profiles = {key: value for key, value in content.items() if isinstance(value, dict)}
    name = name or _variable(environ, "profile")
    if "." in name:
        raise CliError(f"""profile should not contain '.': "{name}\"""")
    name = (name or (next(iter(profiles)) if len(profiles) == 1 else "default")).lower()
    top = {}
    for key, value in content.items():
        if not isinstance(value, dict) and value != "":
            top[key] = value
    return Profile(
        name, path, {**profiles.get(name, {}), **top} if content else {}, environ
    )


def _variable(environ: Mapping[str, str], name: str) -> str:
    return next(
        (value for prefix in PREFIXES if (value := environ.get(prefix + name.upper()))),
        "",
    )


def _file() -> tuple[Path, dict[str, Any]]:
    """Read the CLI's file.

    Go's ``os.UserConfigDir`` and click put such files in the same folder.
    """
    path = Path(click.get_app_dir("atlascli")) / "config.toml"
    try:
        return path, _lowered(tomllib.loads(path.read_text("utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return path, {}
    except (OSError, ValueError) as error:
        # No line of the file is quoted, because it may have a secret.
        if isinstance(error, OSError):
            why = error.strerror
        else:
            why = "it is not valid TOML"
        raise CliError(f"error loading config: {path}: {why}") from None


def _lowered(table: Mapping[str, Any]) -> dict[str, Any]:
    """Lower the case of all keys, as the CLI's library does."""
    lowered = {}
    for key, value in table.items():
        lowered[key.lower()] = _lowered(value) if isinstance(value, dict) else value
    return lowered
