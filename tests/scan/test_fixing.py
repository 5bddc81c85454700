"""``scan --fix`` leads Python's imports to the shim, and touches nothing else."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from shim.cli import main
from shim.tools.scan.fixing import rewritten

CALL = 'get("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b")\n'

REWRITTEN = {
    "a module": ("import requests\n", "from shim import requests\n"),
    "under another name": ("import httpx as hx  # why\n", "from shim import httpx as hx  # why\n"),
    "two at once": ("import requests, httpx\n", "from shim import requests, httpx\n"),
    "among others": ("import os, requests, json  # three\n", "import os, json\nfrom shim import requests  # three\n"),
    "names of a module": ("from requests import Session, get as g\n", "from shim.requests import Session, get as g\n"),
    "beside what makes no call": (
        "import urllib3\nfrom urllib3.util.retry import Retry\n",
        "from shim import urllib3\nfrom urllib3.util.retry import Retry\n",
    ),
    "in brackets": ("from httpx import (\n    Client,  # a\n)\n", "from shim.httpx import (\n    Client,  # a\n)\n"),
    "sessions": ("from requests.sessions import Session\n", "from shim.requests.sessions import Session\n"),
    "of aiohttp": ("from aiohttp import ClientSession\n", "from shim.aiohttp import ClientSession\n"),
    "in a function": ("def f():\n    import requests; g()\n", "def f():\n    from shim import requests; g()\n"),
    "tried": (
        "try:\n    import httpx\nexcept ImportError:\n    httpx = None\n",
        "try:\n    from shim import httpx\nexcept ImportError:\n    httpx = None\n",
    ),
    "in a line": ("if x: import requests\n", "if x: from shim import requests\n"),
    "in a line, among others": ("if x: import os, httpx; g()\n", "if x: import os; from shim import httpx; g()\n"),
    "Windows' line ends": ("import requests\r\nx = 1\r\n", "from shim import requests\r\nx = 1\r\n"),
    "in Latin 1": (
        "# coding: latin-1\nimport requests  # \xe9\n",
        "# coding: latin-1\nfrom shim import requests  # \xe9\n",
    ),
}

LEFT = {
    "what the library has behind any door": (
        "from requests.auth import HTTPDigestAuth\nimport requests.x\n",
        "requests.x",
    ),
    "for types only": ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import requests\n", "no HTTP library"),
    "a star": ("from requests import *\n", "import *"),
    "a part under another name": ("import requests.auth as x\n", "requests.auth"),
    "an inner module": ("from aiohttp.client import ClientSession\n", "import it from shim.aiohttp"),
    "from elsewhere": ("from .client import session\n", "no HTTP library"),
    "from the shim": ("from shim import requests\n", "already imports"),
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_an_import_is_led_to_the_shim(name):
    """Only the import changes; every other character stays."""
    before, after = REWRITTEN[name]
    encoding = "latin-1" if "latin" in before else "utf-8"
    content, stays = rewritten(before.encode(encoding))
    assert content.decode(encoding) == after
    assert not stays


@pytest.mark.parametrize("name", LEFT)
def test_what_is_not_safe_is_said(name):
    """The file stays as it is, and a line says why."""
    before, word = LEFT[name]
    content, stays = rewritten(before.encode())
    assert content == before.encode()
    assert any(word in reason for _, reason in stays)


def test_what_was_rewritten_runs():
    """The shim's modules have the names that are imported."""
    names = ("a module", "names of a module", "sessions", "of aiohttp", "tried")
    subprocess.run([sys.executable, "-c", "".join(REWRITTEN[name][1] for name in names)], check=True)


def test_a_diff_is_printed_and_can_be_applied(tmp_path, monkeypatch):
    """The diff is what git applies; only files with findings are in it, and none is changed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text(f"from requests import get\n\n{CALL}")
    (tmp_path / "b.py").write_text("from requests import get\n")
    done = CliRunner().invoke(main, ["scan", "--at", "2026-06-01", "--fix", "."])
    assert done.exit_code == 4
    assert "b.py" not in done.output
    assert (tmp_path / "a.py").read_text() == f"from requests import get\n\n{CALL}"
    subprocess.run(["git", "apply", "-"], input=done.stdout.encode(), check=True, cwd=tmp_path)
    assert (tmp_path / "a.py").read_text() == f"from shim.requests import get\n\n{CALL}"


@pytest.mark.parametrize("sign", ["\f", "\u2028", "\r"], ids=ascii)
def test_a_diff_of_a_file_with_other_line_ends_can_be_applied(tmp_path, monkeypatch, sign):
    """A line of a patch ends with a line feed, whatever else a text has."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a.py"
    text = f"import requests\nx = 1\n# a{sign}# b\nrequests.{CALL}"
    file.write_bytes(text.encode())
    patch = CliRunner().invoke(main, ["scan", "a.py", "--fix"]).stdout_bytes
    subprocess.run(["git", "apply"], input=patch, check=True, cwd=tmp_path)
    assert file.read_bytes() == text.replace("import requests", "from shim import requests").encode()


def test_what_is_left_as_it_is_is_named(tmp_path):
    """Files of other languages, links, and files that import the shim."""
    (tmp_path / "a.py").write_text(f"from requests import get\n{CALL}")
    (tmp_path / "b.py").write_text(f"from shim.requests import get\n{CALL}")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.py").symlink_to(tmp_path / "a.py")
    (tmp_path / "tree" / "a.sh").write_text("atlas serverless list\n")
    done = CliRunner().invoke(main, ["scan", "--fix", str(tmp_path / "tree")])
    assert "a.sh: not changed: not Python" in done.stderr
    done = CliRunner().invoke(main, ["scan", "--fix", str(tmp_path / "b.py")])
    assert (done.stdout, done.stderr.splitlines()[-1]) == ("", "nothing to rewrite")
    assert "b.py: not changed: already imports the shim\n" in done.stderr
    done = CliRunner().invoke(main, ["scan", "--fix", str(tmp_path / "tree" / "a.py")])
    assert (done.stdout, "a.py: not changed: a link" in done.stderr) == ("", True)


def test_a_diff_has_no_other_form(tmp_path):
    """What contradicts --fix is refused."""
    assert CliRunner().invoke(main, ["scan", "--fix", "-o", "json", str(tmp_path)]).exit_code == 2
