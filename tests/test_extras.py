"""The hint for a missing library names an extra or package that can be installed where it is read."""

import json

import pytest

from shim.extras import EXTRAS, hint

CLONE = "pip install 'CLONE[gateway]' (CLONE is the folder of a clone of atlas-shim)"


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """Return a function that simulates an installation from an address (PEP 610), or from an index."""

    def installed(url, **more):
        folder = tmp_path / "site" / "atlas_shim-1.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: atlas-shim\nVersion: 1.0\n", "utf-8"
        )
        if url:
            (folder / "direct_url.json").write_text(
                json.dumps({"url": url, **more}), "utf-8"
            )
        monkeypatch.syspath_prepend(folder.parent)

    return installed


@pytest.mark.parametrize(
    "more", [{}, {"dir_info": {}}, {"dir_info": {"editable": True}}]
)
@pytest.mark.parametrize(
    ("name", "quoted"),
    [("clone", "/clone[gateway]'"), ("a b's", "/a b'\"'\"'s[gateway]'")],
)
def test_an_installation_from_a_folder_names_the_folder(
    installed, tmp_path, name, quoted, more
):
    """An index may have a different package of this name.

    The hint quotes the folder for the shell.
    """
    (tmp_path / name).mkdir()
    installed((tmp_path / name).as_uri(), **more)
    said = hint("httptools")
    assert said.startswith(
        f"httptools is missing; install it with: pip install '{tmp_path}"
    )
    assert said.endswith(quoted)


@pytest.mark.parametrize(
    "url", ["", "file:///gone/since", "https://example.org/atlas-shim.whl", "file://"]
)
def test_an_installation_from_an_address_names_a_clone(installed, url):
    """The README does, too. A folder that was deleted can't be installed from."""
    installed(url)
    assert hint("httptools") == f"httptools is missing; install it with: {CLONE}"


def test_without_metadata_a_clone_is_named(monkeypatch):
    """A package on PYTHONPATH, or in one file, has no source."""
    monkeypatch.setattr("sys.path", [])
    assert hint("httptools") == f"httptools is missing; install it with: {CLONE}"


def test_each_hint_names_an_existing_extra():
    """The package's metadata have it."""
    from importlib.metadata import metadata

    assert set(EXTRAS.values()) <= set(
        metadata("atlas-shim").get_all("Provides-Extra") or ()
    )
