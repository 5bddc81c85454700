"""The value that a name has at its use, and the method that a call has."""

import pytest

from tests.tools.scan.looking import URL, look, put

BASE = "https://cloud.mongodb.com/api/atlas/v2"
ANY = ["DELETE", "GET", "PATCH"]


@pytest.mark.parametrize(("name", "program", "methods"), [
    ("a.js", f'fetch("{URL}", options)', ["GET"]),
    ("a.js", f'request("{URL}").delete().then(next)', ["DELETE"]),
    ("a.js", f'request("{URL}").listenForDelete().then(next)', ANY),
    ("a.kt", f'val r = Request.Builder().url("{URL}").listenForDelete().build()', ANY),
    ("a.py", f'def f(delete):\n    requests.request(delete, "{URL}")', ANY),
    ("a.py", f'requests.request(Method.DELETE, "{URL}")', ["DELETE"]),
])  # fmt: skip
def test_a_method_is_a_constant_or_a_verb_in_a_short_name(
    tmp_path, name, program, methods
):
    """A variable may have any value, and a long name with a verb in it concerns something else."""
    (finding,) = look(put(tmp_path / name, f"{program}\n")).findings
    assert sorted(operation.method for operation in finding.operations) == methods


@pytest.mark.parametrize(("program", "count"), [
    ("BASE = 'https://example.com'\n{base}{call}", 1),
    ("{base}{call}BASE = 'https://example.com'\n", 1),
    ("{base}BASE = 'https://example.com'\n{call}", 0),
    ("{base}def f():\n    {call}BASE = 'https://example.com'\n", 0),
])  # fmt: skip
def test_the_last_value_before_a_use_counts(tmp_path, program, count):
    """In a function it is the module's last one: the function is called after the module has run."""
    base = f"BASE = '{BASE}'\n"
    call = "requests.get(BASE + '/groups/a/serverless/b')\n"
    found = look(put(tmp_path / "a.py", program.format(base=base, call=call))).findings
    assert len(found) == count
