"""``[all]``: tables that it and an operation have are laid over each other, key by key."""

from shim.documents import load_documents

TEXT = """
format = 1
name = "things"
[all]
versions = ">=2023.1.1"
deprecated = 2026-01-01
sunset = 2026-01-01
status = 204
tier.successor = { version = "2024-05-30", note = "All.", errors = { A = "B" } }
[operation.dropThing]
method = "DELETE"
path = "/things/{thing}"
tier.successor = { path = "/new/{thing}", errors = { C = "D" } }
[operation.dropOther]
method = "DELETE"
path = "/others/{thing}"
tier.successor = { version = "2025-01-01", path = "/new/others/{thing}", note = "Own." }
"""


def test_what_all_have_stays_beside_what_one_says(tmp_path):
    """A version of all successors is not lost once an operation says the path of its own."""
    (tmp_path / "things.toml").write_text(TEXT)
    (document,) = load_documents([tmp_path])
    thing, other = (one.successors["successor"] for one in document.operations)
    assert thing.only is not None
    assert other.only is not None
    assert (thing.only.path.text, thing.only.version, thing.note) == ("/new/{thing}", "2024-05-30", "All.")
    assert {code: rule.code for code, rule in thing.errors.items()} == {"A": "B", "C": "D"}
    assert (other.only.version, other.note, [*other.errors]) == ("2025-01-01", "Own.", ["A"])
