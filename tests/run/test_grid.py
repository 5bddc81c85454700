"""Calls that are served, by how a program starts and which programs it starts; one line reports the others."""

import re
import shutil
import sys

import pytest

from tests.docs.pages import DOCS
from tests.run.grid import (
    BARE,
    CHILDREN,
    FIELDS,
    ISOLATED,
    LAUNCHERS,
    ROWS,
    URL,
    URLLIB,
    table_of_programs,
)

JAVA = """
import java.net.*; import java.net.http.*;
public class J { public static void main(String[] a) throws Exception {
  var c = (HttpURLConnection) new URI("URL").toURL().openConnection(); c.setRequestProperty("Authorization", "TOKEN");
  var r = HttpRequest.newBuilder(URI.create("URL")).header("Authorization", "TOKEN").build();
  System.out.println(c.getResponseCode());
  System.out.println(HttpClient.newHttpClient().send(r, HttpResponse.BodyHandlers.ofString()).statusCode()); } }
"""
GO = """
package main
import ("fmt"; "net/http"; "os")
func main() {
  client := http.DefaultClient
  if os.Args[1] == "own" { client = &http.Client{Transport: &http.Transport{}} }
  request, _ := http.NewRequest("GET", "URL", nil)
  request.Header.Set("Authorization", "TOKEN")
  if answer, err := client.Do(request); err == nil { fmt.Println(answer.StatusCode) } }
"""


@pytest.mark.parametrize("child", CHILDREN)
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_python_programs_and_their_children_are_served(
    runs, shared, tmp_path, launcher, child
):
    """Nothing is printed, except one line about an isolated Python's http.client, which can't be redirected."""
    if child == "node" and shutil.which("node") is None:
        pytest.skip("this machine has no node")
    is_told = launcher in ISOLATED and child == "http.client"
    done = (runs if is_told else shared)(
        *LAUNCHERS[launcher](tmp_path, CHILDREN[child])
    )
    if is_told:
        assert done.stdout == ""
        assert done.stderr.count("atlas-shim: ") == 1
        assert "PYTHONPATH" in done.stderr.splitlines()[-1]
    else:
        assert done.stdout == "200\n"
        assert done.stderr == ""


SLOW = {"go", "java", BARE, "deno", "does not trust"}
NAMED = [
    # Distrust has a test of its own.
    pytest.param(
        row,
        id=row.programs[:40],
        marks=[pytest.mark.slow] * bool({row.command[0], row.said} & SLOW),
    )
    for row in ROWS
]


@pytest.mark.parametrize("row", NAMED)
def test_each_row_of_the_page_is_true(runs, shared, other, tmp_path, row):
    """Each program behaves as described there; a served one causes no message."""
    made = {
        "go": tmp_path / "main.go",
        "java": tmp_path / "J.java",
        "roots": tmp_path / "roots.pem",
    }
    for path, text in zip(made.values(), (GO, JAVA, other.pem.decode()), strict=True):
        path.write_text(
            text.replace('"URL"', f'"{URL}"').replace("TOKEN", FIELDS["Authorization"])
        )
    command = [
        re.sub(r"\{(go|java|roots)\}", lambda found: str(made[found[1]]), word)
        for word in row.command
    ]
    if shutil.which(command[0]) is None:
        pytest.skip(f"this machine has no {command[0]}")
    done = (runs if row.said else shared)(*command)
    if "IO/Socket/SSL.pm" in done.stderr or "undefined function curl" in done.stderr:
        pytest.skip("this one has no TLS")
    assert done.stdout.split() == ["200"] * row.answers, done.stderr
    told = [
        line for line in done.stderr.splitlines() if line.startswith("atlas-shim: ")
    ]
    assert len(told) == bool(row.said)
    assert row.said in "".join(told)


def test_the_page_has_the_table():
    """It is the output of ``python -m tests.run.grid``."""
    assert table_of_programs() in (DOCS / "how-to" / "hard-coded-host.md").read_text(
        "utf-8"
    )


def test_an_absolute_path_in_an_empty_environment_is_served(shared):
    """As in cron, PATH's Python, which is not the command's, runs the program."""
    done = shared(
        "/usr/bin/env",
        "python3",
        "-c",
        f"import sys; print(sys.prefix); {URLLIB}",
        PATH="/usr/bin:/bin",
    )
    prefix, status = done.stdout.split()
    assert status == "200"
    assert done.stderr == ""
    assert prefix != sys.prefix
